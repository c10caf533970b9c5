// What the tests of commands share.
import { join } from 'node:path';
import { afterEach, expect } from '@jest/globals';
import { until } from '../fixtures/leaks';
import { descendants, killTree, processState } from '../fixtures/processes';

export const dist = join(__dirname, '../../dist/command/index.js');

/** Whether a process is there and no zombie. */
export const alive = (pid: number): boolean => !['Z', undefined].includes(processState(pid));

export const gone = (pid: number): Promise<boolean> => until(() => !alive(pid), `the end of process ${pid}`);

/** A test leaves no process behind; one that fails does not either. */
export function withoutOrphans(): void {
  const before = new Set(descendants(process.pid));
  afterEach(async () => {
    const left = (): number[] => descendants(process.pid).filter((pid) => !before.has(pid));
    try {
      await until(() => left().length === 0, 'no processes left', 5000);
    } finally {
      for (const pid of left()) killTree(pid);
    }
    expect(left()).toEqual([]);
  });
}
