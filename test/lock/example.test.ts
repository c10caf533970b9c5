import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { run } from '../fixtures/processes';

it('examples/lock.mjs', async () => {
  const said = await run(process.execPath, [join(__dirname, '../../examples/lock.mjs')]);
  expect(said.trim().split('\n')).toEqual([
    'held: true',
    'tryLock: undefined',
    'timeout: ETIMEDOUT',
    'waits: lock true',
    'interrupted: EINTR false',
    'ranges: true true',
    'free again: true',
  ]);
});
