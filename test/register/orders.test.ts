// Other tools that replace functions of node:fs, before the hook and after it.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const program = join(__dirname, 'programs/orders.cjs');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orders-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

// mock-fs 5.5 throws with Node 26 when it is loaded, without the hook, too: it replaces a function of a class of Node's
// that has gone.
const [major] = process.versions.node.split('.').map(Number) as [number];
const mocking: [string, number][] =
  major < 26
    ? [
        ['mock-fs first', 5],
        ['mock-fs second', 2],
      ]
    : [];

test.each([
  ['graceful-fs first', 6],
  ['graceful-fs second', 5],
  ['a patch on top, taken away after the hook', 5],
  ['asar first', 6],
  ['asar second', 5],
  ...mocking,
])('%s', async (name, things) => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, name, folder], {
    timeout: 60_000,
  });
  const said = JSON.parse(stdout);
  expect(said).toEqual(Object.fromEntries(Object.keys(said).map((key) => [key, true])));
  expect(Object.keys(said)).toHaveLength(things);
});
