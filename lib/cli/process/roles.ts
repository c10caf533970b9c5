// The roles of a Node process's threads. Newer versions of Node (with libuv 1.50 or later) name their threads. Earlier
// ones leave them the name of the thread that starts them, `node` or the title of the process, and the role follows from
// when a thread was started: libuv starts the threads of its pool all at once, when the first call needs them (uv_once
// in src/threadpool.c), after those of V8's platform.
import { isWork } from './system-calls';
import type { Thread } from './threads';

export type Role = 'loop' | 'pool' | 'v8' | 'inspector' | 'pendingop' | 'thread';

const ROLES: Record<string, Role> = {
  'libuv-worker': 'pool',
  V8Worker: 'v8',
  'node-V8Worker': 'v8',
  DelayedTaskSche: 'v8',
  SignalInspector: 'inspector',
};

/** Threads whose starts are at most this many clock ticks (10 ms each) apart were started together. */
const TOGETHER = 2;
/** The size of the pool, unless UV_THREADPOOL_SIZE says otherwise. Reading the environment of a process could hang. */
const POOL_SIZE = 4;

/**
 * Returns whether a thread of this name is one of Node's. The main thread has the name of the program, `node`,
 * `nodejs` or `node-22`, until Node or the program sets another.
 */
export const isNodes = (name: string): boolean =>
  /^(node(js)?(-?\d[\d.]*)?|(node-)?MainThread|libuv-worker|(node-)?V8Worker|SignalInspector)$/.test(name);

/** Returns whether the process is one of Node's, or of a program that is built on it. */
export const isNode = (threads: readonly Thread[]): boolean =>
  threads.some(({ name }) => isNodes(name) || name.startsWith('pendingop-'));

function poolOf(threads: readonly Thread[], pid: number): Set<number> {
  // Those of V8's platform have the name that the program had at its start.
  const isMain = ({ tid }: Thread): boolean => tid === pid;
  const [earliest] = threads
    .filter((thread) => !isMain(thread) && !isOurs(thread.name))
    .sort((a, b) => a.startedAt - b.startedAt);
  // Other names are those of threads that addons have started.
  const inherited = new Set([threads.find(isMain)?.name, earliest?.name]);
  const others = threads.filter((thread) => !isMain(thread) && inherited.has(thread.name));
  const groups: Thread[][] = [];
  for (const thread of others) {
    const last = groups.at(-1)?.[0];
    if (last !== undefined && thread.startedAt - last.startedAt <= TOGETHER && last.name === thread.name)
      groups.at(-1)?.push(thread);
    else groups.push([thread]);
  }
  const found = new Set<number>();
  // Of V8's platform one thread waits by epoll and the others by futex. They start with the process, before those of
  // the pool.
  for (const group of groups) {
    for (const { tid, call } of group) {
      if (call !== undefined && call !== '' && isWork(call)) found.add(tid);
    }
  }
  // A thread that waits for work, and was started together with a thread of the pool, belongs to the pool, up to the
  // pool's size: the latest ones. A busy machine may start some threads of the pool together with the one before them.
  for (const group of groups.reverse()) {
    if (!group.some(({ tid }) => found.has(tid))) continue;
    const idle = group.filter(({ tid, call }) => !found.has(tid) && call === 'futex').reverse();
    for (const { tid } of idle.slice(0, Math.max(0, POOL_SIZE - found.size))) found.add(tid);
  }
  return found;
}

const isOurs = (name: string): boolean => name === 'pendingop' || name.startsWith('pendingop-');

/** Returns the role of each thread, by its id. */
export function rolesOf(pid: number, threads: readonly Thread[]): Map<number, Role> {
  const named = threads.some(({ name }) => ROLES[name] !== undefined);
  const pool = named || !isNode(threads) ? new Set<number>() : poolOf(threads, pid);
  const roleOf = ({ tid, name }: Thread): Role => {
    if (tid === pid) return isNode(threads) ? 'loop' : 'thread';
    if (isOurs(name)) return 'pendingop';
    return ROLES[name] ?? (pool.has(tid) ? 'pool' : 'thread');
  };
  return new Map(threads.map((thread) => [thread.tid, roleOf(thread)]));
}

/**
 * Returns the size of Node's pool. Named threads of it can be counted. Others are told by what they wait in, so more of
 * them than usual are a greater pool.
 */
export function poolSizeOf(threads: readonly Thread[], roles: ReadonlyMap<number, Role>): number {
  const named = threads.filter(({ name }) => name === 'libuv-worker').length;
  if (named > 0) return named;
  return Math.max(POOL_SIZE, [...roles.values()].filter((role) => role === 'pool').length);
}

/** Returns the name of a role on the screen. */
export const roleText = (role: Role): string =>
  ({
    loop: 'event loop',
    pool: "Node's pool",
    v8: 'V8',
    inspector: 'inspector',
    pendingop: 'pendingop',
    thread: 'thread',
  })[role];
