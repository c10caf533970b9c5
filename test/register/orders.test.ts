// Other tools replace functions of node:fs, too, before the hook or after it.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { withFolder } from '../fixtures/folder';

const program = join(__dirname, 'programs/orders.cjs');

const folder = withFolder('orders');

// mock-fs 5.5 throws under Node 26 when it is loaded, also without the hook: it replaces a function of a class that Node 26
// does not have.
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
  const { stdout } = await promisify(execFile)(process.execPath, [program, name, folder()], {
    timeout: 60_000,
  });
  const said = JSON.parse(stdout);
  expect(said).toEqual(Object.fromEntries(Object.keys(said).map((key) => [key, true])));
  expect(Object.keys(said)).toHaveLength(things);
});
