// Node's permission model: an installed package finds its addon, though it may read no file outside of its folder.
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { addonPath, PREBUILD } from '../../lib/engine/find-addon';
import { inFolder } from '../fixtures/folder';

const root = resolve(__dirname, '../..');
const flag = Number(process.versions.node.split('.')[0]) >= 23 ? '--permission' : '--experimental-permission';
const file = addonPath();

it('the prebuilt addon of an installation is loaded', () =>
  inFolder('permission-addon', async (folder) => {
    const installed = folder('node_modules/pendingop');
    const prebuild = join(installed, 'prebuilds', PREBUILD);
    mkdirSync(dirname(prebuild), { recursive: true });
    copyFileSync(file as string, prebuild);
    copyFileSync(join(root, 'package.json'), join(installed, 'package.json'));
    cpSync(join(root, 'dist'), join(installed, 'dist'), { recursive: true });
    cpSync(join(root, 'node_modules/node-gyp-build'), folder('node_modules/node-gyp-build'), {
      recursive: true,
    });
    const script = `const { supported } = require(${JSON.stringify(installed)});
      console.log(supported.native, supported.reason);`;
    const flags = [flag, '--no-warnings', '--allow-addons', `--allow-fs-read=${folder()}/*`];
    const { PENDINGOP_ADDON, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', script], { env });
    expect(stdout).toBe('true undefined\n');
  }));
