import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const hook = join(__dirname, '../../dist/register.js');
const program = join(__dirname, 'programs/hooked.cjs');

it('ends what a package does that knows nothing of it, in worker threads too', () => {
  const env = { ...process.env, PENDINGOP_TRACK: '1' };
  const said = execFileSync(process.execPath, ['--require', hook, program], { encoding: 'utf8', env });
  const timedOut = (fn: string): unknown[] => ['TimeoutError', 'ETIMEDOUT', 'interrupted', true, [fn]];
  const expected = { read: timedOut('readFile'), queued: timedOut('readFile'), reader: timedOut('open') };
  expect(JSON.parse(said)).toEqual({ here: expected, there: expected });
});
