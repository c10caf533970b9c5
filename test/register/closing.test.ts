// Node closes the descriptors of a worker thread when it ends, and so does this package.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const hook = join(__dirname, '../../dist/register.js');
const program = join(__dirname, 'programs/closing.cjs');

test('a descriptor that a worker thread has closed is not closed again when it ends', () => {
  const said = execFileSync(process.execPath, ['--require', hook, program], {
    encoding: 'utf8',
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const rows = said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows).toHaveLength(6);
  for (const { how, reused, lost, again, warnings } of rows) {
    expect({ how, reused, lost, again }).toEqual({ how, reused: true, lost: [], again: ['EBADF', 'close'] });
    // Node keeps its own list, and does not count the second close.
    expect({ how, warnings: warnings.length }).toEqual({ how, warnings: 1 });
  }
});
