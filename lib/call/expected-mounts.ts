// Mounts that are expected: while one is not mounted, calls below its mount point fail, instead of finding the bare
// folder. A path is told by its text; a symbolic link that leads there is not followed.
import { fileURLToPath } from 'node:url';
import { Code } from '../engine/codes';
import { type MountTable, mountTable } from '../engine/mount-table';
import { absolute, textOf, workingDirectory } from '../util/path-text';
import { MountMissingError } from './errors';
import type { Call } from './index';
import { placesOf } from './pending-op';

/** How often each mount point is expected. */
const expected = new Map<string, number>();

/** Counted: each has to be taken back. */
export function expectMount(point: string): void {
  expected.set(point, (expected.get(point) ?? 0) + 1);
}

export function expectNoMore(point: string): void {
  const count = (expected.get(point) ?? 0) - 1;
  if (count > 0) expected.set(point, count);
  else expected.delete(point);
}

export const expectedMounts = (): string[] => [...expected.keys()];

export const isMounted = (point: string, table: MountTable = mountTable()): boolean =>
  table.entries.some((entry) => entry.point === point);

/** The expected mount point, mounted or not, that an absolute path is on or below. */
export function expectedAt(path: string): string | undefined {
  let found: string | undefined;
  for (const point of expected.keys()) {
    const isBelow = path === point || path.startsWith(point === '/' ? '/' : `${point}/`);
    if (isBelow && (found === undefined || point.length > found.length)) found = point;
  }
  return found;
}

/** The expected mount that is missing where the path leads; undefined where all is well. */
export function missingAt(path: string | Uint8Array, cwd: string): string | undefined {
  if (expected.size === 0 || path.length === 0) return undefined;
  const point = expectedAt(absolute(cwd, textOf(path)));
  return point !== undefined && !isMounted(point) ? point : undefined;
}

/** What needs nothing of the file system that its path names. */
const NO_PLACE: ReadonlySet<number> = new Set([Code.custom, Code.umount, Code.start]);

/** Makes the error of a call that may not find a bare folder; undefined where it may begin. */
export function refusal(call: Call<unknown>): (() => Error) | undefined {
  if (expected.size === 0 || call.fd >= 0 || NO_PLACE.has(call.type.code)) return undefined;
  for (const path of placesOf(call)) {
    const point = missingAt(path, workingDirectory());
    if (point === undefined) continue;
    const { syscall } = call.type;
    return () => new MountMissingError(point, syscall, absolute(workingDirectory(), textOf(path)));
  }
  return undefined;
}

/** Where the paths are among the arguments of functions that have not one of them, and first. */
const PLACES: Record<string, readonly number[]> = {
  renameSync: [0, 1],
  copyFileSync: [0, 1],
  linkSync: [0, 1],
  cpSync: [0, 1],
  symlinkSync: [1],
};

/** Throws for a synchronous function of Node's own, which finds the bare folder where an expected mount is missing. */
export function refuseMissing(name: string, args: readonly unknown[]): void {
  if (expected.size === 0) return;
  for (const place of PLACES[name] ?? [0]) {
    const arg = args[place];
    const path = arg instanceof URL && arg.protocol === 'file:' ? fileURLToPath(arg) : arg;
    if (typeof path !== 'string' && !(path instanceof Uint8Array)) continue;
    const mount = missingAt(path, workingDirectory());
    if (mount === undefined) continue;
    throw new MountMissingError(mount, name.replace(/Sync$/, ''), absolute(workingDirectory(), textOf(path)));
  }
}
