// `pendingop ps`: for how long something has waited.
import { describe, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { Child } from '../fixtures/processes';
import { withFifo } from '../table/tools';
import { killAllAfterwards, type SeenProcess, seen, start } from './tools';

describe('a time', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('of waiting is never longer than the true one', async () => {
    const from = performance.now();
    const { pid } = await start('plain.cjs', ['pool', fifo().path, '4']);
    for (let i = 0; i < 5; i++) {
      const { waits } = await seen(pid, (one) => one.waits.length === 4);
      const most = performance.now() - from;
      expect(waits.filter(({ ms }) => ms > most)).toEqual([]);
      expect(waits.filter(({ ms }) => !(ms >= 100))).toEqual([]);
    }
  });
});

describeWith('mounting', 'a time that the kernel does not tell', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('is at least what ps has seen itself, and ps looks until that shows a hang', async () => {
    const { pid } = await start('plain.cjs', ['pool', fifo().path, '2']);
    await seen(pid, ({ waits }) => waits.length === 2);
    const hide =
      'for tool in /usr/bin/taskset /bin/taskset; do [ ! -e $tool ] || mount --bind /dev/null $tool; done';
    const look = Child.start('unshare', [
      ...['-m', 'sh', '-c', `${hide}; exec "$@"`, '-'],
      ...[process.execPath, require.resolve('../../dist/cli/main.js'), 'ps', String(pid), '--json'],
    ]);
    expect((await look.wait()).code).toBe(1);
    const { waits, verdicts } = JSON.parse(look.stdout) as SeenProcess;
    expect(waits.map(({ ms, atLeast }) => [ms >= 1000, atLeast])).toEqual(Array(2).fill([true, true]));
    expect(verdicts[0]?.text).toMatch(/nobody has opened for at least \d\.\d s\)/);
  });
});
