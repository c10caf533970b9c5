// The package as it is built: helper processes run files, and those of lib/ no Node can run. Its table is another one
// than that of the sources.
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import type * as PendingOp from '../../lib';
import type * as Isolated from '../../lib/isolated';
import { until } from '../fixtures/leaks';
import { temporary } from '../fixtures/mounts';
import { processState, run } from '../fixtures/processes';
import { dist } from '../table/tools';

export const po = require(dist) as typeof PendingOp;
export const { lookup, runIsolated } = require(join(dist, 'isolated')) as typeof Isolated;
export const work = join(__dirname, 'programs/work.cjs');

/** A FIFO and a log for each test; afterwards the table of the built package is empty. */
export function withPlace(): { fifo: () => string; log: () => string; lines: () => string[] } {
  let folder = '';
  beforeEach(async () => {
    folder = await temporary('isolated');
    await run('mkfifo', [join(folder, 'fifo')]);
    po.trackPending(true);
  });
  afterEach(async () => {
    try {
      await until(() => po.listPending().length === 0, 'an empty pending table');
    } finally {
      await po.interrupt(po.listPending());
      po.trackPending(false);
      await rm(folder, { recursive: true });
    }
  });
  const log = (): string => join(folder, 'log');
  return {
    fifo: () => join(folder, 'fifo'),
    log,
    /** What has begun: `<pid> <name>`. */
    lines: () => (existsSync(log()) ? readFileSync(log(), 'utf8').split('\n').slice(0, -1) : []),
  };
}

/** Whether a process is gone, or only to be waited for. */
export const isGone = (pid: number): boolean => [undefined, 'Z', 'X'].includes(processState(pid));
