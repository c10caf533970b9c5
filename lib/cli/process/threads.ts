// The threads of a process and what each of them does in the kernel, from /proc/<pid>/task/*.
import { numbersIn, readOrCode, readText, statFields } from './read';
import { systemCallName } from './system-calls';

export interface Thread {
  readonly tid: number;
  readonly name: string;
  /** As in /proc/<pid>/stat: R runs, S and D wait, T is stopped, Z has ended. */
  readonly state: string;
  /** In clock ticks since the system started. */
  readonly startedAt: number;
  /** The system call it is in; '' while it runs outside of the kernel, undefined where that may not be read. */
  readonly call: string | undefined;
  readonly args: readonly bigint[];
  /** The kernel's function in which it waits; '' where it does not wait or that may not be read. */
  readonly wchan: string;
  /** ms since it last had a processor; undefined where the kernel does not tell. */
  readonly waitedMs: number | undefined;
  /** Why `call` is unknown. */
  readonly refused: string | undefined;
}

const EXEC_START = /^se\.exec_start\s*:\s*([\d.]+)/m;

/** The kernel's clock of when a thread last ran, in ms (CONFIG_SCHED_DEBUG, which distributions have). */
function lastRan(folder: string): number | undefined {
  const found = EXEC_START.exec(readText(`${folder}/sched`) ?? '');
  return found === null ? undefined : Number(found[1]);
}

/** The same clock now: we run. Its own entry is updated at each tick, so it may be some ms behind. */
const kernelNow = (): number | undefined => lastRan('/proc/thread-self');

function parseCall(text: string): { call: string; args: bigint[] } {
  const words = text.trim().split(' ');
  const number = Number(words[0]);
  // "running", or -1 where it waits outside of any system call: for a page, or stopped by a debugger.
  if (words[0] === 'running' || number < 0) return { call: '', args: [] };
  return { call: systemCallName(number), args: words.slice(1, 7).map((word) => BigInt(word)) };
}

/** The kernel's functions that a thread is in, innermost first; none where the reader is not root. */
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

/** In the order in which they were started; none where the process is gone. */
export function threadsOf(pid: number): Thread[] {
  const now = kernelNow();
  const threads = numbersIn(`/proc/${pid}/task`).flatMap((tid) => readThread(pid, tid, now) ?? []);
  return threads.sort((a, b) => a.startedAt - b.startedAt || a.tid - b.tid);
}
