// The threads of a process, and what each of them does in the kernel, from /proc/<pid>/task/*.
import { numbersIn, readOrCode, readText, statFields } from './read';
import { systemCallName } from './system-call-names';

export interface Thread {
  readonly tid: number;
  readonly name: string;
  /** As in /proc/<pid>/stat: R runs, S and D wait, T is stopped, Z has ended. */
  readonly state: string;
  /** In clock ticks since the system started. */
  readonly startedAt: number;
  /** The system call that the thread is in; '': it runs outside of the kernel; undefined: it may not be read. */
  readonly call: string | undefined;
  readonly args: readonly bigint[];
  /** The kernel's function that the thread waits in; '': it does not wait, or the name may not be read. */
  readonly wchan: string;
  /** ms since the thread last had a processor; undefined: the kernel does not tell. */
  readonly waitedMs: number | undefined;
  /** Why `call` is unknown. */
  readonly refused: string | undefined;
}

const EXEC_START = /^se\.exec_start\s*:\s*([\d.]+)/m;

/**
 * Returns the time at which a thread last ran, in ms of the kernel's clock (CONFIG_SCHED_DEBUG, which distributions
 * set).
 */
function lastRan(folder: string): number | undefined {
  const found = EXEC_START.exec(readText(`${folder}/sched`) ?? '');
  return found === null ? undefined : Number(found[1]);
}

/**
 * Returns the current time of that clock, by this thread, which runs. The kernel updates it at each tick, so it may be
 * some ms behind.
 */
const kernelNow = (): number | undefined => lastRan('/proc/thread-self');

function parseCall(text: string): { call: string; args: bigint[] } {
  const words = text.trim().split(' ');
  const number = Number(words[0]);
  // The line is "running", or has the number -1 if the thread waits outside of a system call: for a page, or stopped by
  // a debugger.
  if (words[0] === 'running' || number < 0) return { call: '', args: [] };
  return { call: systemCallName(number), args: words.slice(1, 7).map((word) => BigInt(word)) };
}

/** Returns the kernel's functions that a thread is in, the innermost first; none unless the reader is root. */
export function kernelStack(tid: number): string[] {
  const text = readText(`/proc/${tid}/stack`) ?? '';
  return [...text.matchAll(/^\[<[^>]*>\] ([\w.]+)/gm)].map((found) => found[1] as string);
}

function readThread(pid: number, tid: number, now: number | undefined): Thread | undefined {
  const folder = `/proc/${pid}/task/${tid}`;
  const stat = readText(`${folder}/stat`);
  if (stat === undefined || stat === '') return undefined;
  const { comm, fields } = statFields(stat);
  const seen = readOrCode(`${folder}/syscall`);
  const wchan = readText(`${folder}/wchan`) ?? '';
  const ran = lastRan(folder);
  return {
    tid,
    name: comm,
    state: fields[0] ?? '?',
    startedAt: Number(fields[19]),
    ...('text' in seen ? parseCall(seen.text) : { call: undefined, args: [] }),
    wchan: wchan === '0' ? '' : wchan,
    waitedMs: ran === undefined || now === undefined ? undefined : Math.max(0, now - ran),
    refused: 'code' in seen ? seen.code : undefined,
  };
}

/** Returns the threads in the order in which they were started; none if the process has ended. */
export function threadsOf(pid: number): Thread[] {
  const now = kernelNow();
  const threads = numbersIn(`/proc/${pid}/task`).flatMap((tid) => readThread(pid, tid, now) ?? []);
  return threads.sort((a, b) => a.startedAt - b.startedAt || a.tid - b.tid);
}
