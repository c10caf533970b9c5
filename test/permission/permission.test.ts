// Node's permission model: each function on permitted and forbidden paths, Node's own and ours.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { inFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

const root = resolve(__dirname, '../..');
const flag = Number(process.versions.node.split('.')[0]) >= 23 ? '--permission' : '--experimental-permission';

function outcomes(which: string, ...hook: string[]): Promise<Record<string, unknown>> {
  return inFolder('permission', async (folder) => {
    const fixed = (text: string): string => text.replaceAll(folder(), '/folder');
    const allowed = folder('allowed');
    const denied = folder('denied');
    for (const place of [allowed, denied]) {
      mkdirSync(place);
      writeFileSync(join(place, 'file'), 'kept');
      symlinkSync('file', join(place, 'file-link'));
    }
    const flags = [flag, '--allow-addons', `--allow-fs-read=${root}/*`, `--allow-fs-read=${allowed}/*`];
    const program = join(__dirname, 'programs/calls.cjs');
    const child = Child.start(process.execPath, [
      ...flags,
      `--allow-fs-write=${allowed}/*`,
      ...hook,
      program,
      which,
      allowed,
      denied,
    ]);
    const { code } = await child.exited;
    if (code !== 0) throw new Error(child.stderr);
    expect(readFileSync(join(denied, 'file'), 'utf8')).toBe('kept');
    return JSON.parse(fixed(child.stdout)) as Record<string, unknown>;
  });
}

it('our functions fail as those of Node do, with the same errors', async () => {
  const node = await outcomes('node');
  expect(await outcomes(dist)).toEqual(node);
}, 60_000);

it('functions of node:fs fail so under the hook, too', async () => {
  const node = await outcomes('node');
  expect(await outcomes('node', '--require', join(dist, 'register'))).toEqual(node);
}, 60_000);
