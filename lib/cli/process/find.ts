// What a waiting thread waits for: its file and its mount, by the arguments of its call.
import { posix } from 'node:path';
import { guessMount } from './kernel-functions';
import type { MountEntry, MountList } from './mount-list';
import { descriptorName, textAt, workingDirectory } from './names';
import { readText } from './read';
import type { Role } from './roles';
import type { Waiter } from './stuck';
import { operandsOf } from './system-calls';
import type { Thread } from './threads';

export interface Wait extends Waiter {
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
  /** Whether the process itself says that the call's caller is free: an interrupt does nothing more. */
  readonly abandoned: boolean;
}

const AT_FDCWD = -100;

/** Returns the argument as the kernel takes it: an int. */
const descriptor = (value: bigint | undefined): number => Number(BigInt.asIntN(32, value ?? -1n));

/** Returns whether a descriptor is an inotify, an eventfd, a signalfd, a timerfd or the like. */
const isSourceOfEvents = (name: string): boolean => name.startsWith('anon_inode:');

/** What the process itself reports about a thread's call. */
export interface Known {
  /** The id of the thread in the process's own pid namespace. */
  readonly thread: number;
  /** ms in the kernel. */
  readonly runningMs: number;
  readonly path: string;
  readonly dest: string;
  readonly fd: number;
  readonly state: string;
}

export class Finder {
  readonly #names = new Map<string, Promise<string | undefined>>();
  readonly mounts: MountList;

  constructor(mounts: MountList) {
    this.mounts = mounts;
  }

  #once(key: string, find: () => Promise<string | undefined>): Promise<string | undefined> {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const found = find();
    this.#names.set(key, found);
    return found;
  }

  // By the thread, not by its process: if the first thread has ended, the process has neither memory nor descriptors.
  #folder(of: Thread, fd: number): Promise<string | undefined> {
    if (fd === AT_FDCWD) return this.#once('cwd', () => workingDirectory(of));
    return this.#once(String(fd), () => descriptorName(of, fd));
  }

  async #path(of: Thread, pointer: bigint | undefined, folder: number): Promise<string | undefined> {
    if (pointer === undefined || pointer === 0n) return undefined;
    const text = await textAt(of, pointer);
    if (text === undefined) return undefined;
    if (text.startsWith('/')) return text;
    const base = await this.#folder(of, folder);
    if (base === undefined) return text === '' ? undefined : text;
    return text === '' ? base : posix.join(base, text);
  }

  #mountOfDescriptor({ pid, tid }: Thread, fd: number): MountEntry | undefined {
    const id = /^mnt_id:\s*(\d+)/m.exec(readText(`/proc/${pid}/task/${tid}/fdinfo/${fd}`) ?? '')?.[1];
    return id === undefined ? undefined : this.mounts.byId(Number(id));
  }

  /** Returns the wait as the process itself reports it. */
  told(thread: Thread, role: Role, { path, dest, fd, runningMs, state }: Known): Wait {
    return {
      thread,
      waitedMs: runningMs,
      atLeast: false,
      role,
      file: path === '' ? undefined : path,
      dest: dest === '' ? undefined : dest,
      fd: fd < 0 ? undefined : fd,
      mount: this.mounts.ofPath(path),
      mountGuessed: false,
      abandoned: state === 'abandoned',
    };
  }

  /** Returns undefined if the thread waits for events after all: what it reads is no file. */
  async wait(waiter: Waiter, role: Role): Promise<Wait | undefined> {
    const { thread } = waiter;
    const operands = operandsOf(thread.call ?? '') ?? {};
    const at = (index: number | undefined): bigint | undefined =>
      index === undefined ? undefined : thread.args[index];
    let file: string | undefined;
    let dest: string | undefined;
    let fd: number | undefined;
    let mount: MountEntry | undefined;
    if (operands.fd !== undefined) {
      fd = descriptor(at(operands.fd));
      mount = this.#mountOfDescriptor(thread, fd);
      file = await descriptorName(thread, fd);
      if (file !== undefined && isSourceOfEvents(file)) return undefined;
    } else if (operands.path !== undefined) {
      const folder = operands.folder === undefined ? AT_FDCWD : descriptor(at(operands.folder));
      file = await this.#path(thread, at(operands.path), folder);
      const destFolder = operands.destFolder === undefined ? AT_FDCWD : descriptor(at(operands.destFolder));
      dest = await this.#path(thread, at(operands.dest), destFolder);
      if (file !== undefined) mount = this.mounts.ofPath(file);
      else if (folder >= 0) mount = this.#mountOfDescriptor(thread, folder);
    }
    const guessed = mount === undefined ? guessMount(thread, this.mounts) : undefined;
    const found = { mount: mount ?? guessed, mountGuessed: guessed !== undefined };
    return { ...waiter, role, file, dest, fd, ...found, abandoned: false };
  }
}
