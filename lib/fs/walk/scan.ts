// The calls of a walk: its root is opened, and each directory is listed, in one call with what stat() knows of its entries.
import { Call } from '../../call';
import type { CallType, Completion } from '../../call/type';
import { Code, Scans } from '../../engine/codes';
import { setBigInts, setScans } from '../../engine/operands';
import type { CallOptions } from '../../validate/call-options';
import type { Place } from '../plan/place';
import { openingDirectory } from '../requests/directories';
import { DIR, descriptorCall } from '../requests/request';
import { FSTAT, STAT, statCall } from '../requests/stats';

/** What a scan has found, in its own memory: binding/ops/unix/scan.cc has the layout. */
export interface Scanned {
  readonly count: number;
  /** Undefined: there are more entries than one scan lists. A descriptor of the directory gives them part by part. */
  readonly bytes: Buffer | undefined;
}

const NOTHING = Buffer.alloc(0);

function scanned(done: Completion): Scanned {
  const count = done.value;
  if (done.length > 0) return { count, bytes: done.bytes() };
  return { count, bytes: count === 0 ? NOTHING : undefined };
}

const SCAN: CallType<Scanned> = {
  ...{ fn: 'walk', code: Code.scan, syscall: 'scandir', kind: DIR, changes: false },
  result: scanned,
};
const OPEN: CallType<number> = { ...openingDirectory(DIR, (done) => done.value), fn: 'walk' };

/** What a walk is to know of the entries: bits of Scans. */
export const scansOf = (numbers: boolean, follow: boolean): number =>
  (numbers ? Scans.numbers : 0) | (follow ? Scans.follow : 0);

function placed<T>(
  type: CallType<T>,
  place: Place,
  shown: readonly unknown[],
  options: CallOptions,
): Call<T> {
  const call = new Call(type, shown, options);
  call.path = place.path;
  if (place.names > 0) call.base = place;
  return call;
}

/** All entries of a directory. */
export function scanCall(
  place: Place,
  how: number,
  shown: readonly unknown[],
  options: CallOptions,
): Call<Scanned> {
  const call = placed(SCAN, place, shown, options);
  setScans(call, how);
  return call;
}

/** The next entries of an open directory; none at its end. `path`: of the directory, absolute. */
export function scanOnCall(
  fd: number,
  path: string | Uint8Array,
  how: number,
  shown: readonly unknown[],
  options: CallOptions,
): Call<Scanned> {
  const call = new Call(SCAN, shown, options);
  call.fd = fd;
  call.handlePath = path;
  setScans(call, how);
  return call;
}

/** A directory's descriptor, to be scanned, and to be the base of places. */
export const openCall = (place: Place, shown: readonly unknown[], options: CallOptions): Call<number> =>
  placed(OPEN, place, shown, options);

const FSTAT_WALKED = { ...FSTAT.bigints, fn: 'walk' };
const STAT_WALKED = { numbers: STAT.numbers, bigints: { ...STAT.bigints, fn: 'walk' } };

/** Which file a directory is, by its descriptor or its place. */
export function identityCall(
  where: number | Place,
  shown: readonly unknown[],
  options: CallOptions,
): Call<{ dev: number | bigint; ino: number | bigint }> {
  if (typeof where === 'number') {
    const call = descriptorCall(FSTAT_WALKED, where, shown, options);
    setBigInts(call);
    return call;
  }
  const call = statCall(STAT_WALKED, where.path, shown, { ...options, bigint: true });
  if (where.names > 0) call.base = where;
  return call;
}
