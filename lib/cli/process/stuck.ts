// Which threads wait, for how long, by what /proc tells alone: those that two looks find in the same call, without having
// run in between.
import { waitedOf } from './clock';
import { waitsInKernel } from './kernel-functions';
import { readText } from './read';
import { isIdleCall } from './system-calls';
import { type Thread, threadOf } from './threads';

export interface Waiter {
  readonly thread: Thread;
  /** ms. The wait is never shorter. */
  readonly waitedMs: number;
  /** Whether the wait began before the first look, at an unknown time. */
  readonly atLeast: boolean;
}

/** ms between two looks. Shorter waits are the everyday work of a disk. */
export const LEAST_WAIT = 100;
/** ms. A program hangs if it waits for a second: the exit status of `ps` says so. A timer may fire 1 ms early. */
const LONG_WAIT = 1010;

/** Returns whether a thread is in a call that waits for something else than work: not for events, and not for threads. */
export function isInWait(thread: Thread): boolean {
  const { name, state, call } = thread;
  if (state !== 'S' && state !== 'D') return false;
  // The threads of this package that carry out no calls read and poll for what they have to do.
  if (/^pendingop-(ctl|rep)/.test(name)) return false;
  if (call !== undefined && call !== '') return !isIdleCall(call);
  // If the call may not be read, the kernel's function tells: those of file systems, and those of waits for a disk or a
  // lock.
  return state === 'D' || waitsInKernel(thread);
}

/** Returns how often a thread has left its processor: if that grows, it has run. */
const runsOf = ({ pid, tid }: Thread): string =>
  (readText(`/proc/${pid}/task/${tid}/status`)?.match(/^(non)?voluntary_ctxt_switches:.*$/gm) ?? []).join();

function isSame(before: Thread, now: Thread): boolean {
  return (
    before.startedAt === now.startedAt &&
    before.call === now.call &&
    before.wchan === now.wchan &&
    before.args.join() === now.args.join()
  );
}

interface Look {
  readonly thread: Thread;
  readonly runs: string;
}

/** Looks at the threads again. Returns those that are where they were. */
function stillThere(looks: readonly Look[]): Look[] {
  return looks.filter(({ thread, runs }) => {
    const now = threadOf(thread.pid, thread.tid);
    return now !== undefined && isInWait(now) && isSame(thread, now) && runsOf(thread) === runs;
  });
}

/** Waits until `ms` have passed since `from`. */
const until = (from: number, ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, from + ms - performance.now())));

/** Returns those of the threads that wait. */
export async function waitersOf(threads: readonly Thread[]): Promise<Waiter[]> {
  const from = performance.now();
  let looks = threads.filter(isInWait).map((thread): Look => ({ thread, runs: runsOf(thread) }));
  if (looks.length === 0) return [];
  await until(from, LEAST_WAIT);
  looks = stillThere(looks);
  let seen = performance.now() - from;
  const waited = await waitedOf(looks.map(({ thread }) => thread));
  if (looks.some(({ thread }) => !waited.has(thread))) {
    await until(from, LONG_WAIT);
    looks = stillThere(looks);
    seen = performance.now() - from;
  }
  return looks.map(({ thread }): Waiter => {
    const known = waited.get(thread);
    return { thread, waitedMs: Math.max(seen, known ?? 0), atLeast: known === undefined || known < seen };
  });
}
