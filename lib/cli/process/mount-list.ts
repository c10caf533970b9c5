// The mounts that a process sees, from /proc/<pid>/mountinfo, and which of them a path is on, by its text alone.
import { posix } from 'node:path';
import { decode, readText } from './read';

export interface MountEntry {
  readonly id: number;
  /** The device; on FUSE the number of its connection is `minor`. */
  readonly major: number;
  readonly minor: number;
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  readonly options: string;
}

/** Blank, tab, line feed and backslash, as the kernel writes them there. */
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
  /** In the kernel's order. */
  readonly entries: readonly MountEntry[];

  constructor(mountinfo: string) {
    this.entries = mountinfo.split('\n').flatMap(parseLine);
  }

  /** Of a process, or of ourselves where it is gone. */
  static of(pid: number): MountList {
    return new MountList(readText(`/proc/${pid}/mountinfo`) ?? readText('/proc/self/mountinfo') ?? '');
  }

  /** Those that paths lead to: a later mount on the same point covers the earlier one. */
  visible(): MountEntry[] {
    return this.entries.filter(
      (entry, i) => !this.entries.some((other, j) => j > i && other.mountPoint === entry.mountPoint),
    );
  }

  byId(id: number): MountEntry | undefined {
    return this.entries.find((entry) => entry.id === id);
  }

  /** The innermost mount that an absolute path is on; symbolic links are not followed. */
  ofPath(path: string): MountEntry | undefined {
    if (!path.startsWith('/')) return undefined;
    const normal = posix.normalize(path);
    let found: MountEntry | undefined;
    for (const entry of this.entries) {
      const { mountPoint } = entry;
      const below = mountPoint === '/' ? '/' : `${mountPoint}/`;
      if (normal !== mountPoint && !normal.startsWith(below)) continue;
      // The later of two on the same point covers the other.
      if (found === undefined || mountPoint.length >= found.mountPoint.length) found = entry;
    }
    return found;
  }

  ofType(pattern: RegExp): MountEntry[] {
    return this.entries.filter(({ type }) => pattern.test(type));
  }
}
