// The calls that threads of a process wait in, each with what it waits for: file, mount, and how long.
import { posix } from 'node:path';
import { type MountEntry, MountList } from './mount-list';
import { descriptorName, textAt, workingDirectory } from './names';
import { numbersIn, ownerOf, readText } from './read';
import { isNode, POOL_SIZE, type Role, rolesOf } from './roles';
import { isIdleCall, operandsOf } from './system-calls';
import { kernelStack, type Thread, threadsOf } from './threads';

export interface Wait {
  readonly thread: Thread;
  readonly role: Role;
  /**
   * The file, if the call's arguments name one: an absolute path, or the kernel's name for it, such as `pipe:[4711]`.
   */
  readonly file: string | undefined;
  readonly dest: string | undefined;
  readonly fd: number | undefined;
  readonly mount: MountEntry | undefined;
  /**
   * Whether `mount` was concluded from the kernel's functions alone, because the call's arguments could not be read.
   */
  readonly mountGuessed: boolean;
}

export interface ProcessView {
  readonly pid: number;
  readonly name: string;
  readonly uid: number | undefined;
  readonly isNode: boolean;
  readonly threads: readonly Thread[];
  readonly roles: ReadonlyMap<number, Role>;
  /** The waits, the longest first. */
  readonly waits: readonly Wait[];
  readonly poolSize: number;
  readonly mounts: MountList;
  /** What could not be looked at, and why. */
  readonly refused: string | undefined;
}

const AT_FDCWD = -100;

/** The functions of the kernel in which calls on these file systems wait. */
const KERNEL_FUNCTIONS: [functions: RegExp, types: RegExp][] = [
  [/^(nfs|nfs3|nfs4|rpc|rpcb|_nfs4|__rpc)_/, /^nfs4?$/],
  [/^(cifs|smb2|smb3|SMB2|compound_send_recv|wait_for_response|cifs_)/, /^(cifs|smb3)$/],
  [/^(fuse_|request_wait_answer|__fuse_)/, /^fuse/],
  [/^(p9_|v9fs_)/, /^9p$/],
  [/^ceph_/, /^ceph$/],
  [/^(autofs4?_)/, /^autofs$/],
];

function guessMount({ tid, wchan }: Thread, mounts: MountList): MountEntry | undefined {
  for (const name of [wchan, ...kernelStack(tid)]) {
    const types = KERNEL_FUNCTIONS.find(([functions]) => functions.test(name))?.[1];
    if (types === undefined) continue;
    const candidates = mounts.ofType(types);
    if (candidates.length === 1) return candidates[0];
  }
  return undefined;
}

/** Returns the argument as the kernel takes it: an int. */
const descriptor = (value: bigint | undefined): number => Number(BigInt.asIntN(32, value ?? -1n));

class Finder {
  readonly #cwd = new Map<string, Promise<string | undefined>>();
  readonly pid: number;
  readonly mounts: MountList;

  constructor(pid: number, mounts: MountList) {
    this.pid = pid;
    this.mounts = mounts;
  }

  #once(key: string, find: () => Promise<string | undefined>): Promise<string | undefined> {
    const known = this.#cwd.get(key);
    if (known !== undefined) return known;
    const found = find();
    this.#cwd.set(key, found);
    return found;
  }

  #folder(fd: number): Promise<string | undefined> {
    if (fd === AT_FDCWD) return this.#once('cwd', () => workingDirectory(this.pid));
    return this.#once(String(fd), () => descriptorName(this.pid, fd));
  }

  async #path(pointer: bigint | undefined, folder: number): Promise<string | undefined> {
    if (pointer === undefined || pointer === 0n) return undefined;
    const text = await textAt(this.pid, pointer);
    if (text === undefined) return undefined;
    if (text.startsWith('/')) return text;
    const base = await this.#folder(folder);
    if (base === undefined) return text === '' ? undefined : text;
    return text === '' ? base : posix.join(base, text);
  }

  #mountOfDescriptor(fd: number): MountEntry | undefined {
    const id = /^mnt_id:\s*(\d+)/m.exec(readText(`/proc/${this.pid}/fdinfo/${fd}`) ?? '')?.[1];
    return id === undefined ? undefined : this.mounts.byId(Number(id));
  }

  told(thread: Thread, role: Role, { path, dest, fd }: Known): Wait {
    return {
      thread,
      role,
      file: path === '' ? undefined : path,
      dest: dest === '' ? undefined : dest,
      fd: fd < 0 ? undefined : fd,
      mount: this.mounts.ofPath(path),
      mountGuessed: false,
    };
  }

  async wait(thread: Thread, role: Role): Promise<Wait> {
    const operands = operandsOf(thread.call ?? '') ?? {};
    const at = (index: number | undefined): bigint | undefined =>
      index === undefined ? undefined : thread.args[index];
    let file: string | undefined;
    let dest: string | undefined;
    let fd: number | undefined;
    let mount: MountEntry | undefined;
    if (operands.fd !== undefined) {
      fd = descriptor(at(operands.fd));
      mount = this.#mountOfDescriptor(fd);
      file = await descriptorName(this.pid, fd);
    } else if (operands.path !== undefined) {
      const folder = operands.folder === undefined ? AT_FDCWD : descriptor(at(operands.folder));
      file = await this.#path(at(operands.path), folder);
      const destFolder = operands.destFolder === undefined ? AT_FDCWD : descriptor(at(operands.destFolder));
      dest = await this.#path(at(operands.dest), destFolder);
      if (file !== undefined) mount = this.mounts.ofPath(file);
      else if (folder >= 0) mount = this.#mountOfDescriptor(folder);
    }
    const guessed = mount === undefined ? guessMount(thread, this.mounts) : undefined;
    return { thread, role, file, dest, fd, mount: mount ?? guessed, mountGuessed: guessed !== undefined };
  }
}

/** Shorter waits, in ms, are the everyday work of a disk. */
const LEAST_WAIT = 100;

/** Returns whether a thread waits for something else than work: not for events, and not for other threads. */
function isStuck({ tid, state, call, wchan, waitedMs }: Thread, least: number): boolean {
  if (state !== 'S' && state !== 'D') return false;
  if (waitedMs !== undefined && waitedMs < least) return false;
  if (call !== undefined && call !== '') return !isIdleCall(call);
  // If the call may not be read, the kernel's function tells: those of file systems, and those of waits for a disk or a
  // lock.
  if (state === 'D') return true;
  return [wchan, ...kernelStack(tid)].some(
    (name) =>
      /^(wait_for_partner|pipe_|anon_pipe_)/.test(name) ||
      KERNEL_FUNCTIONS.some(([known]) => known.test(name)),
  );
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

/** What the process itself reports about a thread's call. */
export interface Known {
  readonly path: string;
  readonly dest: string;
  readonly fd: number;
}

/** The number of threads whose calls are looked at. More of them would tell nothing new. */
const MOST_ASKED = 256;

export interface LookOptions {
  /** ms. Shorter waits are left out. */
  readonly least?: number | undefined;
  /** By the id of the thread. */
  readonly known?: ReadonlyMap<number, Known>;
}

/** Returns undefined if there is no such process, or if it ended meanwhile. */
export async function lookAt(pid: number, options: LookOptions = {}): Promise<ProcessView | undefined> {
  const { least = LEAST_WAIT, known } = options;
  const threads = threadsOf(pid);
  const uid = ownerOf(pid);
  if (threads.length === 0) return undefined;
  const mounts = MountList.of(pid);
  const roles = rolesOf(pid, threads);
  const finder = new Finder(pid, mounts);
  const stuck = [...threads, ...tasksOf(pid)].filter((thread) => isStuck(thread, least));
  stuck.sort((a, b) => (b.waitedMs ?? 0) - (a.waitedMs ?? 0));
  let asked = 0;
  const waits = await Promise.all(
    stuck.flatMap((thread) => {
      const role = roles.get(thread.tid) ?? 'pendingop';
      const told = known?.get(thread.tid);
      if (told !== undefined) return finder.told(thread, role, told);
      return ++asked <= MOST_ASKED ? finder.wait(thread, role) : [];
    }),
  );
  const refused = threads.find((thread) => thread.refused !== undefined)?.refused;
  return {
    pid,
    name: threads.find(({ tid }) => tid === pid)?.name ?? threads[0]?.name ?? '',
    uid,
    isNode: isNode(threads),
    threads,
    roles,
    waits,
    poolSize: Math.max(POOL_SIZE, waits.filter(({ role }) => role === 'pool').length),
    mounts,
    refused,
  };
}

/** Returns whether a process looks like Node, judged by files that are cheap to read. */
export function looksLikeNode(pid: number): boolean {
  return numbersIn(`/proc/${pid}/task`).some((tid) =>
    /^(node|MainThread|node-MainThread|libuv-worker|V8Worker)$/m.test(
      readText(`/proc/${pid}/task/${tid}/comm`) ?? '',
    ),
  );
}
