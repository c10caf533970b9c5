// Whether a process can run at all: it may be stopped, frozen, held by a debugger, or over.
import { isFrozen } from './frozen';
import { numbersIn, readText, statFields } from './read';
import { type Thread, threadOf } from './threads';

export interface Condition {
  /**
   * `frozen`: its control group has stopped it. `ended`: it is a zombie, which its parent has not asked for its exit
   * status.
   */
  readonly state: 'runs' | 'stopped' | 'frozen' | 'traced' | 'ended';
  /** Who holds it: its debugger, or the parent of one that has ended. */
  readonly by: { readonly pid: number; readonly name: string } | undefined;
}

function stateOf(pid: number, tid: number): string | undefined {
  const stat = readText(`/proc/${pid}/task/${tid}/stat`);
  return stat === undefined || stat === '' ? undefined : statFields(stat).fields[0];
}

const nameOf = (pid: number): string => threadOf(pid, pid)?.name ?? '';

/** Returns the debugger of a thread; undefined: it has none. */
function tracerOf(pid: number, tid: number): Condition['by'] {
  const tracer = Number(/^TracerPid:\s*(\d+)/m.exec(readText(`/proc/${pid}/task/${tid}/status`) ?? '')?.[1]);
  return tracer > 0 ? { pid: tracer, name: nameOf(tracer) } : undefined;
}

/** Returns whether a process stands still, and goes on if somebody lets it. */
export const isHalted = ({ state }: Condition): boolean => state !== 'runs' && state !== 'ended';

export function conditionOf(pid: number, threads: readonly Thread[]): Condition {
  const living = threads.filter(({ state }) => state !== 'Z' && state !== 'X');
  const [first] = living;
  if (first === undefined) {
    const parent = threads.find(({ tid }) => tid === pid)?.parent ?? 0;
    return { state: 'ended', by: parent > 0 ? { pid: parent, name: nameOf(parent) } : undefined };
  }
  if (living.every(({ state }) => state !== 'R') && isFrozen(pid)) return { state: 'frozen', by: undefined };
  // A thread that waits for a disk or a server stops once it comes back.
  const held = living.filter(({ state }) => state === 'T' || state === 't');
  const rest = living.filter(({ state }) => state !== 'T' && state !== 't');
  if (held.length === 0 || rest.some(({ state }) => state !== 'D')) return { state: 'runs', by: undefined };
  const traced = held.find(({ state }) => state === 't');
  if (traced === undefined) return { state: 'stopped', by: undefined };
  return { state: 'traced', by: tracerOf(pid, traced.tid) };
}

/** Returns whether a process stands still, so that it does not answer. Reads less than a look does. */
export function standsStill(pid: number): boolean {
  if (isFrozen(pid)) return true;
  let isHeld = false;
  for (const tid of numbersIn(`/proc/${pid}/task`)) {
    const state = stateOf(pid, tid) ?? 'Z';
    if (!/[TtDZX]/.test(state)) return false;
    isHeld ||= /[Tt]/.test(state);
  }
  return isHeld;
}
