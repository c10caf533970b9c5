// Expected mounts: while one is not mounted, calls below its mount point fail instead of finding the bare folder. Paths
// are judged by their text; a symbolic link that leads there is not followed.
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Code } from '../engine/codes';
import { type MountTable, mountTable, placeOfMount } from '../engine/mount-table';
import { absolute, folded, pathOfPlace, placeText, textOf, workingDirectory } from '../node/path-text';
import { MountMissingError } from './errors';
import type { Call } from './index';
import { placesOf } from './pending-op';

/** For each mount point, as placeText() has it, the number of expectMount() calls that were not taken back. */
const expected = new Map<string, number>();

/** Expects a mount. Each call has to be taken back by expectNoMore(). */
export function expectMount(point: string): void {
  expected.set(point, (expected.get(point) ?? 0) + 1);
}

export function expectNoMore(point: string): void {
  const count = (expected.get(point) ?? 0) - 1;
  if (count > 0) expected.set(point, count);
  else expected.delete(point);
}

export const expectedMounts = (): string[] => [...expected.keys()];

/** Returns a mount point as text, for events and errors. */
export const textOfPlace = (point: string): string => textOf(pathOfPlace(point));

export const isMounted = (point: string, table: MountTable = mountTable()): boolean =>
  table.entries.some((entry) => folded(placeOfMount(entry)) === folded(point));

/** Returns the expected mount point, mounted or not, that an absolute path is on or below. */
export function expectedAt(path: string): string | undefined {
  let found: string | undefined;
  const place = folded(path);
  for (const point of expected.keys()) {
    const root = folded(point);
    const isBelow = place === root || place.startsWith(root.endsWith(sep) ? root : root + sep);
    if (isBelow && (found === undefined || point.length > found.length)) found = point;
  }
  return found;
}

/**
 * Returns the expected mount point that the path is on or below, if nothing is mounted there; otherwise
 * undefined.
 */
export function missingAt(path: string | Uint8Array, cwd: string): string | undefined {
  if (expected.size === 0 || path.length === 0) return undefined;
  const point = expectedAt(absolute(placeText(cwd), placeText(path)));
  return point !== undefined && !isMounted(point) ? point : undefined;
}

/** Calls that need nothing of the file system that their path names. */
const NO_PLACE: ReadonlySet<number> = new Set([Code.custom, Code.umount, Code.start]);

/**
 * Returns a function that makes the error of a call whose expected mount is missing; undefined if the call
 * may begin.
 */
export function refusal(call: Call<unknown>): (() => Error) | undefined {
  if (expected.size === 0 || call.fd >= 0 || NO_PLACE.has(call.type.code)) return undefined;
  for (const path of placesOf(call)) {
    const point = missingAt(path, workingDirectory());
    if (point === undefined) continue;
    const { syscall } = call.type;
    return () =>
      new MountMissingError(textOfPlace(point), syscall, absolute(workingDirectory(), textOf(path)));
  }
  return undefined;
}

/**
 * The positions of the paths among the arguments, for functions that have more than one path, or not as the
 * first.
 */
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
    const whole = absolute(workingDirectory(), textOf(path));
    throw new MountMissingError(textOfPlace(mount), name.replace(/Sync$/, ''), whole);
  }
}
