// One look at a process from outside: its threads, those that wait, and what they wait for.

import { type Condition, conditionOf } from './condition';
import { Finder, type Known, type Wait } from './find';
import { idsInside } from './ids';
import { MountList } from './mount-list';
import { numbersIn, ownerOf, readText } from './read';
import { isNode, poolSizeOf, type Role, rolesOf } from './roles';
import { waitersOf } from './stuck';
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

/** What a process says of its calls: each belongs to a thread, by its id in the process's own pid namespace. */
export type Asked = readonly (Known & { readonly thread: number })[];

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
export async function lookAt<T extends Asked[number]>(
  pid: number,
  ask: () => Promise<readonly T[] | undefined>,
): Promise<Look<T> | undefined> {
  const threads = threadsOf(pid);
  const [first] = threads;
  const uid = ownerOf(pid);
  if (first === undefined) return undefined;
  const condition = conditionOf(pid, threads);
  const all = [...threads, ...tasksOf(pid)];
  let answer: readonly T[] | undefined;
  const waiters = await waitersOf(all, async () => {
    if (condition.state === 'runs') answer = await ask();
  });
  const outside = idsOutside(pid, all);
  const asked = answer?.map((op) => ({ ...op, thread: outside(op.thread) }));
  const known = new Map(asked?.map((op) => [op.thread, op]));
  const mounts = MountList.of(pid, (threads.find(({ state }) => state !== 'Z') ?? first).tid);
  const roles = rolesOf(pid, threads);
  const finder = new Finder(mounts);
  let count = 0;
  const found = await Promise.all(
    waiters.map((waiter) => {
      const role = roles.get(waiter.thread.tid) ?? 'pendingop';
      const told = known.get(waiter.thread.tid);
      if (told !== undefined) return finder.told(waiter, role, told);
      return ++count <= MOST_ASKED ? finder.wait(waiter, role) : undefined;
    }),
  );
  const waits = found.flatMap((wait) => wait ?? []);
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
    /^(node|MainThread|node-MainThread|libuv-worker|V8Worker)$/m.test(
      readText(`/proc/${pid}/task/${tid}/comm`) ?? '',
    ),
  );
}
