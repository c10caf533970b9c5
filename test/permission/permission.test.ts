// Node's permission model: each function, where it may and where it may not, through Node's own and through ours.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

const root = resolve(__dirname, '../..');
const flag = Number(process.versions.node.split('.')[0]) >= 23 ? '--permission' : '--experimental-permission';

async function outcomes(which: string, ...hook: string[]): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'permission-'));
  const fixed = (text: string): string => text.replaceAll(folder, '/folder');
  try {
    const allowed = join(folder, 'allowed');
    const denied = join(folder, 'denied');
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
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('holds for our functions as for those of Node, with the same errors', async () => {
  const node = await outcomes('node');
  expect(await outcomes(dist)).toEqual(node);
}, 60_000);

it('holds under the hook', async () => {
  const node = await outcomes('node');
  expect(await outcomes('node', '--require', join(dist, 'register'))).toEqual(node);
}, 60_000);
