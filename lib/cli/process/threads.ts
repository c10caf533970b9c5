// The threads of a process, and what each of them does in the kernel, from /proc/<pid>/task/*.
import { numbersIn, readOrCode, readText, statFields } from './read';
import { systemCallName } from './system-call-names';

export interface Thread {
  /** Its process. */
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** As in /proc/<pid>/stat: R runs, S and D wait, T is stopped, Z has ended. */
  readonly state: string;
  readonly parent: number;
  /** Whether it has left its program, and closes what is open. */
  readonly isEnding: boolean;
  /** In clock ticks since the system started. */
  readonly startedAt: number;
  /** The processor that it ran on last. */
  readonly processor: number;
  /** The system call that the thread is in; '': it runs outside of the kernel; undefined: it may not be read. */
  readonly call: string | undefined;
  readonly args: readonly bigint[];
  /** The kernel's function that the thread waits in; '': it does not wait, or the name may not be read. */
  readonly wchan: string;
  /** Why `call` is unknown. */
  readonly refused: string | undefined;
}

/** Of include/linux/sched.h in the kernel. */
const PF_EXITING = 4;
const PF_KTHREAD = 0x200000;

/** Reads the text of /proc/<pid>/task/<tid>/syscall. */
export function parseCall(text: string): { call: string; args: bigint[] } {
  const words = text.trim().split(' ');
  const number = Number(words[0]);
  const [stack, at] = words.slice(7).map(Number);
  // The line is "running", or has the number -1 if the thread waits outside of a system call: for a page, or stopped by
  // a debugger.
  if (words[0] === '' || !(number >= 0)) return { call: '', args: [] };
  // A program for 32 bits has other numbers. It has its stack and its code below 4 GiB, which no other has both of.
  const isOf32Bits = stack !== undefined && at !== undefined && stack < 2 ** 32 && at < 2 ** 32;
  if (isOf32Bits) return { call: `call_${number}_of_32_bits`, args: [] };
  return { call: systemCallName(number), args: words.slice(1, 7).map((word) => BigInt(word)) };
}

/** Returns the kernel's functions that a thread is in, the innermost first; none unless the reader is root. */
export function kernelStack(tid: number): string[] {
  const text = readText(`/proc/${tid}/stack`) ?? '';
  return [...text.matchAll(/^\[<[^>]*>\] ([\w.]+)/gm)].map((found) => found[1] as string);
}

/** Returns undefined if the thread has ended. */
export function threadOf(pid: number, tid: number): Thread | undefined {
  const folder = `/proc/${pid}/task/${tid}`;
  const stat = readText(`${folder}/stat`);
  if (stat === undefined || stat === '') return undefined;
  const { comm, fields } = statFields(stat);
  const flags = Number(fields[6]);
  const isEnding = (flags & PF_EXITING) !== 0;
  // A thread of the kernel is in no call, and shows zeros. The call that an ending thread was in is over.
  const hasCall = !isEnding && (flags & PF_KTHREAD) === 0;
  const seen = readOrCode(`${folder}/syscall`);
  const wchan = readText(`${folder}/wchan`) ?? '';
  return {
    pid,
    tid,
    name: comm,
    state: fields[0] ?? '?',
    parent: Number(fields[1]),
    isEnding,
    startedAt: Number(fields[19]),
    processor: Number(fields[36]),
    ...('text' in seen ? parseCall(hasCall ? seen.text : '') : { call: undefined, args: [] }),
    wchan: wchan === '0' ? '' : wchan,
    refused: 'code' in seen ? seen.code : undefined,
  };
}

/** Returns the threads in the order in which they were started; none if the process has ended. */
export function threadsOf(pid: number): Thread[] {
  const threads = numbersIn(`/proc/${pid}/task`).flatMap((tid) => threadOf(pid, tid) ?? []);
  return threads.sort((a, b) => a.startedAt - b.startedAt || a.tid - b.tid);
}
