// One look at a process from outside: its threads, those that wait, and what they wait for.

import { type Condition, conditionOf } from './condition';
import { Finder, type Known, type Wait } from './find';
import { idsInside } from './ids';
import { MountList } from './mount-list';
import { numbersIn, ownerOf, readText } from './read';
import { isNode, isNodes, poolSizeOf, type Role, rolesOf } from './roles';
import { isInWait, LEAST_WAIT, waitersOf } from './stuck';
import { type Thread, threadsOf } from './threads';

export interface ProcessView {
  readonly pid: number;
  readonly name: string;
  readonly uid: number | undefined;
  readonly isNode: boolean;
  readonly condition: Condition;
  readonly threads: readonly Thread[];
  readonly roles: ReadonlyMap<number, Role>;
  /** The waits, the longest first. */
  readonly waits: readonly Wait[];
  readonly poolSize: number;
  readonly mounts: MountList;
  /** Whether paths mean the same to this process: both have the same root. */
  readonly sharesMounts: boolean;
  /** What could not be looked at, and why. */
  readonly refused: string | undefined;
}

/** Tasks of this package are processes of their own, which share the memory of the process that started them. */
function tasksOf(pid: number): Thread[] {
  const children = numbersIn(`/proc/${pid}/task`).flatMap((tid) =>
    (readText(`/proc/${pid}/task/${tid}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
  return children.flatMap((child) =>
    readText(`/proc/${child}/comm`)?.startsWith('pendingop-') ? threadsOf(child) : [],
  );
}

/** The number of threads whose calls are looked at. More of them would tell nothing new. */
const MOST_ASKED = 256;

/** Returns the ids of threads by those that they have in the process's own pid namespace, if that is another one. */
function idsOutside(pid: number, threads: readonly Thread[]): (inside: number) => number {
  if ((idsInside(pid)?.length ?? 1) === 1) return (id) => id;
  const ids = new Map(threads.map(({ pid: of, tid }) => [idsInside(of, tid)?.at(-1), tid]));
  return (inside) => ids.get(inside) ?? inside;
}

export interface Look<T> {
  readonly view: ProcessView;
  /** What `ask` has resolved to, with the ids that the threads have here. */
  readonly asked: readonly T[] | undefined;
}

/**
 * Looks at a process. `ask` asks the process itself for its calls, and is called only if some thread of it can run.
 * Returns undefined if there is no such process, or if it ended meanwhile.
 */
export async function lookAt<T extends Known>(
  pid: number,
  ask: () => Promise<readonly T[] | undefined>,
): Promise<Look<T> | undefined> {
  const threads = threadsOf(pid);
  const [first] = threads;
  const uid = ownerOf(pid);
  if (first === undefined) return undefined;
  const from = performance.now();
  const condition = conditionOf(pid, threads);
  const all = [...threads, ...tasksOf(pid)];
  const answer = condition.state === 'runs' ? await ask() : undefined;
  const outside = idsOutside(pid, all);
  const asked = answer?.map((op) => ({ ...op, thread: outside(op.thread) }));
  // Only a call that was there before the look is the one that the look has found.
  const oldest = Math.max(LEAST_WAIT, performance.now() - from);
  const known = new Map(asked?.map((op) => [op.thread, op]));
  const mounts = MountList.of(pid, (threads.find(({ state }) => state !== 'Z') ?? first).tid);
  const roles = rolesOf(pid, threads);
  const roleOf = ({ tid }: Thread): Role => roles.get(tid) ?? 'pendingop';
  const finder = new Finder(mounts);
  const told = all.filter(isInWait).flatMap((thread) => {
    const op = known.get(thread.tid);
    return op === undefined || op.runningMs < oldest ? [] : finder.told(thread, roleOf(thread), op);
  });
  const waiters = await waitersOf(all.filter(({ tid }) => !known.has(tid)));
  const found = await Promise.all(
    waiters.slice(0, MOST_ASKED).map((waiter) => finder.wait(waiter, roleOf(waiter.thread))),
  );
  const waits = [...told, ...found.flatMap((wait) => wait ?? [])].sort((a, b) => b.waitedMs - a.waitedMs);
  const root = mounts.ofPath('/');
  const view: ProcessView = {
    pid,
    name: threads.find(({ tid }) => tid === pid)?.name ?? first.name,
    uid,
    isNode: isNode(threads),
    condition,
    threads,
    roles,
    waits,
    poolSize: poolSizeOf(threads, roles),
    mounts,
    sharesMounts: root !== undefined && MountList.own().ofPath('/')?.id === root.id,
    refused: threads.find((thread) => thread.refused !== undefined)?.refused,
  };
  return { view, asked };
}

/** Returns whether a process looks like Node, judged by files that are cheap to read. */
export function looksLikeNode(pid: number): boolean {
  return numbersIn(`/proc/${pid}/task`).some((tid) =>
    isNodes((readText(`/proc/${pid}/task/${tid}/comm`) ?? '').trimEnd()),
  );
}
