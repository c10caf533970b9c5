// The mounts that a process sees, from /proc/<pid>/mountinfo, and which of them a path is on, judged by its text alone.
import { posix } from 'node:path';
import { decode, readText } from './read';

export interface MountEntry {
  readonly id: number;
  /** The device. On FUSE `minor` is the number of the connection. */
  readonly major: number;
  readonly minor: number;
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  readonly options: string;
}

/** Decodes blanks, tabs, line feeds and backslashes, which the kernel writes as octal numbers. */
const unescaped = (text: string): string =>
  decode(text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));

function parseLine(line: string): MountEntry[] {
  const [left = '', right = ''] = line.split(' - ');
  const [id, , device = '', , point = '', options = ''] = left.split(' ');
  const [type = '', source = ''] = right.split(' ');
  const [major, minor] = device.split(':').map(Number);
  if (major === undefined || minor === undefined || !point.startsWith('/')) return [];
  return [
    { id: Number(id), major, minor, mountPoint: unescaped(point), type, source: unescaped(source), options },
  ];
}

export class MountList {
  /** The mounts in the kernel's order. */
  readonly entries: readonly MountEntry[];

  constructor(mountinfo: string) {
    this.entries = mountinfo.split('\n').flatMap(parseLine);
  }

  /** Returns the mounts of a process, or of this process if that one has ended. */
  static of(pid: number): MountList {
    return new MountList(readText(`/proc/${pid}/mountinfo`) ?? readText('/proc/self/mountinfo') ?? '');
  }

  /** Returns the mounts that paths can lead to: a later mount on the same mount point covers the earlier one. */
  visible(): MountEntry[] {
    return this.entries.filter(
      (entry, i) => !this.entries.some((other, j) => j > i && other.mountPoint === entry.mountPoint),
    );
  }

  byId(id: number): MountEntry | undefined {
    return this.entries.find((entry) => entry.id === id);
  }

  /** Returns the innermost mount that an absolute path is on. Symbolic links are not followed. */
  ofPath(path: string): MountEntry | undefined {
    if (!path.startsWith('/')) return undefined;
    const normal = posix.normalize(path);
    let found: MountEntry | undefined;
    for (const entry of this.entries) {
      const { mountPoint } = entry;
      const below = mountPoint === '/' ? '/' : `${mountPoint}/`;
      if (normal !== mountPoint && !normal.startsWith(below)) continue;
      // Of two mounts on the same mount point the later one covers the other.
      if (found === undefined || mountPoint.length >= found.mountPoint.length) found = entry;
    }
    return found;
  }

  ofType(pattern: RegExp): MountEntry[] {
    return this.entries.filter(({ type }) => pattern.test(type));
  }
}
