// Uses the built package, since helper processes run its files and Node cannot run those of lib/. Its table is not that of
// the sources.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import type * as PendingOp from '../../lib';
import type * as Isolated from '../../lib/isolated';
import { withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { processState, run } from '../fixtures/processes';
import { dist } from '../table/tools';

export const po = require(dist) as typeof PendingOp;
export const { lookup, runIsolated } = require(join(dist, 'isolated')) as typeof Isolated;
export const work = join(__dirname, 'programs/work.cjs');

/** A FIFO and a log for each test; afterwards the table of the built package is empty. */
export function withPlace(): { fifo: () => string; log: () => string; lines: () => string[] } {
  afterEach(async () => {
    try {
      await until(() => po.listPending().length === 0, 'an empty pending table');
    } finally {
      await po.interrupt(po.listPending());
      po.trackPending(false);
    }
  });
  const folder = withFolder('isolated');
  beforeEach(async () => {
    await run('mkfifo', [folder('fifo')]);
    po.trackPending(true);
  });
  const log = (): string => folder('log');
  return {
    fifo: () => folder('fifo'),
    log,
    /** The lines `<pid> <name>` of the functions that have begun. */
    lines: () => (existsSync(log()) ? readFileSync(log(), 'utf8').split('\n').slice(0, -1) : []),
  };
}

/** Whether a process has ended (it may be a zombie). */
export const isGone = (pid: number): boolean => [undefined, 'Z', 'X'].includes(processState(pid));
