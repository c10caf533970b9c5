// Results in the form in which the model states them: without paths outside of the root, times that no step has set,
// and the order of names.
import type { Dir, Dirent, Stats, StatsFs } from 'node:fs';
import { sep } from 'node:path';
import { pathAt } from './arguments';
import type { Handle, Host } from './calls';
import type { Kind } from './disk';
import type { Step } from './step';

export const kindOf = (entry: Pick<Dirent, 'isDirectory' | 'isSymbolicLink'>): Kind =>
  entry.isDirectory() ? 'dir' : entry.isSymbolicLink() ? 'link' : 'file';

export function statValue(stats: Stats): unknown {
  const kind = kindOf(stats);
  const isDir = kind === 'dir';
  const { mode, uid, gid, size, nlink, mtimeMs } = stats;
  return {
    kind,
    mode: mode & 0o7777,
    uid,
    gid,
    size: isDir ? -1 : size,
    links: isDir ? -1 : nlink,
    mtime: mtimeMs / 1000,
  };
}

export const fileSystemValue = ({ type, bsize, blocks }: StatsFs): unknown => ({ type, bsize, blocks });

function countOf(value: unknown): number {
  if (typeof value === 'number') return value;
  const { bytesRead, bytesWritten } = value as { bytesRead?: number; bytesWritten?: number };
  return (bytesRead ?? bytesWritten) as number;
}

const entryValue = (entry: Dirent): string => `${entry.name}:${kindOf(entry)}`;

async function entriesOf(dir: Dir): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of dir) found.push(entryValue(entry));
  return found.sort();
}

function listed(root: string, entry: string | Dirent): string {
  if (typeof entry === 'string') return entry;
  const { parentPath } = entry as unknown as { parentPath: string };
  const path = parentPath.length > root.length ? `${parentPath.slice(root.length + 1)}${sep}` : '';
  return `${path}${entryValue(entry)}`;
}

const below = (host: Host, path: unknown): string => (path as string).slice(host.root.length + 1);

/** Notes in the host what was opened and closed. */
export async function plain(
  host: Host,
  step: Step,
  value: unknown,
  data: readonly Buffer[],
): Promise<unknown> {
  const { slot = 0, dir = 0 } = step;
  switch (step.fn) {
    case 'open':
      host.handles.set(slot, value as Handle);
      return slot;
    case 'close':
      host.handles.delete(slot);
      return undefined;
    case 'opendir':
      host.dirs.set(dir, value as Dir);
      return dir;
    case 'dirRead':
      return value === null ? null : entryValue(value as Dirent);
    case 'dirRest':
      host.dirs.delete(dir);
      return await entriesOf(value as Dir);
    case 'dirClose':
      host.dirs.delete(dir);
      return undefined;
    case 'list': {
      const found: string[] = [];
      for await (const entry of value as Dir) found.push(listed(pathAt(host.root, step.path), entry));
      return found.sort();
    }
    case 'read':
    case 'readv':
      return Buffer.concat(data).subarray(0, countOf(value));
    case 'write':
    case 'writev':
      return countOf(value);
    case 'stat':
    case 'lstat':
    case 'fstat':
      return statValue(value as Stats);
    case 'statfs':
      return fileSystemValue(value as StatsFs);
    case 'readdir':
      return (value as (string | Dirent)[])
        .map((entry) => listed(pathAt(host.root, step.path), entry))
        .sort();
    case 'mkdir':
      return value === undefined ? undefined : below(host, value);
    case 'realpath':
    case 'mkdtemp':
      return below(host, value);
    default:
      return value;
  }
}
