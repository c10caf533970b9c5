// The mounts that a process sees, from /proc/<pid>/mountinfo, and which of them a path is on, judged by its text alone.
import { posix } from 'node:path';
import { unescapedBytes } from '../screen/bytes';
import { readText } from './read';

export interface MountEntry {
  readonly id: number;
  /** The mount that it is mounted on; 0: it is on none of the list, as the root is. */
  readonly parent: number;
  /** The device. On FUSE `minor` is the number of the connection. */
  readonly major: number;
  readonly minor: number;
  /** Its bytes: see screen/bytes.ts. */
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  readonly options: string;
  /** The options of the file system, of which a mount may show a part. */
  readonly ofFileSystem: readonly string[];
}

function parseLine(line: string): MountEntry[] {
  const [left = '', right = ''] = line.split(' - ');
  const [id, parent, device = '', , point = '', options = ''] = left.split(' ');
  const [type = '', source = '', ofFileSystem = ''] = right.split(' ');
  const [major, minor] = device.split(':').map(Number);
  if (major === undefined || minor === undefined || !point.startsWith('/')) return [];
  return [
    {
      id: Number(id),
      parent: Number(parent),
      major,
      minor,
      mountPoint: unescapedBytes(point),
      type,
      source: unescapedBytes(source),
      options,
      // A comma within a value is written by its number.
      ofFileSystem: ofFileSystem.split(',').map(unescapedBytes),
    },
  ];
}

export class MountList {
  /** The mounts in the kernel's order. */
  readonly entries: readonly MountEntry[];
  readonly #ids: ReadonlyMap<number, MountEntry>;
  /** By the mount that they are on and the mount point. */
  readonly #on = new Map<string, MountEntry>();

  constructor(mountinfo: string) {
    const entries = mountinfo.split('\n').flatMap(parseLine);
    const ids = new Set(entries.map(({ id }) => id));
    this.entries = entries.map((entry) => (ids.has(entry.parent) ? entry : { ...entry, parent: 0 }));
    this.#ids = new Map(this.entries.map((entry) => [entry.id, entry]));
    for (const entry of this.entries) this.#on.set(`${entry.parent} ${entry.mountPoint}`, entry);
  }

  /** Returns the mounts that this process sees. */
  static own(): MountList {
    return new MountList(readText('/proc/self/mountinfo') ?? '');
  }

  /** Returns the mounts that a thread sees, or those of this process if that one has ended. */
  static of(pid: number, tid: number): MountList {
    return new MountList(
      readText(`/proc/${pid}/task/${tid}/mountinfo`) ?? readText('/proc/self/mountinfo') ?? '',
    );
  }

  /** Returns the mounts that paths can lead to: one that a later mount covers, there or above, is left out. */
  visible(): MountEntry[] {
    return this.entries.filter((entry) => this.ofPath(entry.mountPoint) === entry);
  }

  byId(id: number): MountEntry | undefined {
    return this.#ids.get(id);
  }

  /** Returns the innermost mount that an absolute path is on. Symbolic links are not followed. */
  ofPath(path: string): MountEntry | undefined {
    if (!path.startsWith('/')) return undefined;
    let found: MountEntry | undefined;
    const enter = (folder: string): void => {
      for (;;) {
        const next = this.#on.get(`${found?.id ?? 0} ${folder}`);
        if (next === undefined || next === found) return;
        found = next;
      }
    };
    enter('/');
    let folder = '';
    for (const name of posix.normalize(path).split('/').filter(Boolean)) {
      folder += `/${name}`;
      enter(folder);
    }
    return found;
  }

  ofType(pattern: RegExp): MountEntry[] {
    return this.entries.filter(({ type }) => pattern.test(type));
  }
}
