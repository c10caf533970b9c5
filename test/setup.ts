// For every test: tracking is on, and once the test is over nothing may be left in the pending table, what was
// abandoned and what the test's own clean-up released included.
import childProcess from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { configure, type Killable, listPending, trackPending } from '../lib';
import { until } from './fixtures/leaks';

// For a run of the suites with it, the programs that they start included; never read by the package.
const killable = process.env.PENDINGOP_KILLABLE as Killable | undefined;
if (killable !== undefined) {
  configure({ killable, inline: false }); // tasks are to be tested, not calls that need none
  process.env.NODE_OPTIONS = `--require ${JSON.stringify(join(__dirname, 'fixtures/killable.cjs'))}`;
}

/** ms. A test that waits synchronously for a child has no other limit: one that does not end would stop jest for ever. */
const CHILD_MS = 100_000;

type Sync = (file: string, args?: readonly string[], options?: object) => unknown;

const bounded =
  (sync: Sync): Sync =>
  (file, args = [], options = {}) => {
    try {
      return sync(file, args, { timeout: CHILD_MS, killSignal: 'SIGKILL', ...options });
    } catch (error) {
      // Node's error contains itself, which jest cannot write to its report.
      if ((error as NodeJS.ErrnoException).code !== 'ETIMEDOUT') throw error;
      throw new Error(`still running after ${CHILD_MS} ms: ${file} ${args.join(' ')}`);
    }
  };

const { execFileSync, spawnSync } = childProcess;
Object.assign(childProcess, { execFileSync: bounded(execFileSync), spawnSync: bounded(spawnSync) });

const RELEASE_MS = 10_000;

beforeEach(() => trackPending(true));

afterEach(async () => {
  try {
    if (listPending().length === 0) return;
    await until(() => listPending().length === 0, 'an empty pending table', RELEASE_MS).catch(
      (error: Error) => {
        throw new Error(`${error.message}; it has:\n${listPending().join('\n')}`);
      },
    );
  } finally {
    trackPending(false);
  }
});
