// examples/track-op.mjs: a library that is woken through its own queue, and one that closes a socket.
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Child } from '../fixtures/processes';

it('the example interrupts both, and both work afterwards', async () => {
  const child = Child.start(process.execPath, [join(__dirname, '../../examples/track-op.mjs')]);
  const { code } = await child.wait(60_000);
  expect(child.stderr).toBe('');
  expect(child.stdout.trim().split('\n')).toEqual([
    'pending: queue.take()',
    'interrupt: interrupted; the caller got: InterruptError, interrupted',
    'take: hello',
    'ask: pendingop',
    'pending: ask(anything else)',
    'interrupt: interrupted; the caller got: InterruptError, interrupted',
    'left: 0',
  ]);
  expect(code).toBe(0);
});
