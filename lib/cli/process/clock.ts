// How long a thread has waited, by the scheduler's own clocks. Each processor has one, and they differ: each lacks the
// time that interrupts, and in a virtual machine other guests, had of its processor. So the clock is read on the processor
// that the thread ran on last, by `cat` under `taskset`, and what is found is never more than the true time.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readText } from './read';
import type { Thread } from './threads';

/** ms. A processor that is too busy for `cat` is not waited for. */
const PATIENCE = 500;
/** Each costs a process. */
const MOST_PROCESSORS = 16;

const TASKSET = ['/usr/bin/taskset', '/bin/taskset'];

/** Returns the time of the clock at which a thread last ran; undefined: not known, as after a move to another processor. */
function lastRun(sched: string): number | undefined {
  const found = /^se\.exec_start\s*:\s*([\d.]+)/m.exec(sched)?.[1];
  return found === undefined || Number(found) === 0 ? undefined : Number(found);
}

function nowOn(processor: number, taskset: string): Promise<number | undefined> {
  const mask = (1n << BigInt(processor)).toString(16);
  return new Promise((resolve) => {
    execFile(
      taskset,
      [mask, '/bin/cat', '/proc/self/sched'],
      { timeout: PATIENCE, cwd: '/' },
      (error, text) => resolve(error === null ? lastRun(text) : undefined),
    );
  });
}

/** Returns for how long each of the waiting threads has waited, in ms, as far as the kernel tells (CONFIG_SCHED_DEBUG). */
export async function waitedOf(threads: readonly Thread[]): Promise<Map<Thread, number>> {
  const ran = new Map<Thread, number>();
  for (const thread of threads) {
    const at = lastRun(readText(`/proc/${thread.pid}/task/${thread.tid}/sched`) ?? '');
    if (at !== undefined) ran.set(thread, at);
  }
  const taskset = TASKSET.find((path) => existsSync(path));
  if (taskset === undefined) return new Map();
  const processors = [...new Set([...ran.keys()].map(({ processor }) => processor))].slice(
    0,
    MOST_PROCESSORS,
  );
  const clocks = new Map(
    await Promise.all(
      processors.map(async (processor) => [processor, await nowOn(processor, taskset)] as const),
    ),
  );
  return new Map(
    [...ran].flatMap(([thread, at]) => {
      const now = clocks.get(thread.processor);
      return now === undefined || now < at ? [] : [[thread, now - at] as const];
    }),
  );
}
