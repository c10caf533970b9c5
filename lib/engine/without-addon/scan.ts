// A directory's entries with what stat() knows of each, laid out as binding/ops/unix/scan.cc has it.

import type { BigIntStats } from 'node:fs';
import { EIO } from '../../node/errno';
import { Scans, STAT_FIELDS } from '../codes';
import { directoryOf, type Entry, entriesOf, TYPES, typedListing } from './directories';
import type { Operation } from './operations';
import { asNumber, fieldsOf, type Operands, type Result } from './records';

/** Entries that one scan of an open directory gives. */
const AT_ONCE = 1000;
const SIZE = 8;
const UNKNOWN = 0;
const SLASH = Buffer.from('/');

type Found = { readonly fields: readonly number[]; readonly type: number };
type Scan<T> = Generator<Operation, T, never>;

export function* scan({ path, fd, i0 }: Operands): Scan<Result> {
  const numbers = (i0 & Scans.numbers) !== 0;
  const follow = (i0 & Scans.follow) !== 0;
  const whole = fd < 0;
  const entries = whole ? yield* typedListing(path) : yield* entriesOf(directoryOf(fd), AT_ONCE);
  const directory = whole ? path : directoryOf(fd).path;
  const found: Found[] = [];
  for (const entry of entries) {
    const { type } = entry;
    if (numbers || type === UNKNOWN) found.push(yield* look(below(directory, entry.name), follow, type));
    else found.push({ fields: [], type });
  }
  return { value: entries.length, bytes: entries.length > 0 ? laidOut(entries, found, numbers) : undefined };
}

const below = (directory: string | Buffer, name: Buffer): Buffer =>
  Buffer.concat([Buffer.from(directory as string), SLASH, name]);

/** Of what a link leads to, if so wished; of a link that leads nowhere, the link. */
function* look(path: Buffer, follow: boolean, type: number): Scan<Found> {
  const names = follow ? ['stat', 'lstat'] : ['lstat'];
  let errno = EIO;
  for (const name of names) {
    try {
      const stats: BigIntStats = yield { name, args: [path, { bigint: true }] };
      return { fields: fieldsOf(stats).map(asNumber), type: typeOfStats(stats) };
    } catch (error) {
      errno = (error as NodeJS.ErrnoException).errno ?? EIO;
    }
  }
  const fields = new Array<number>(STAT_FIELDS).fill(0);
  fields[SIZE] = errno;
  return { fields, type };
}

const typeOfStats = (stats: BigIntStats): number => TYPES.findIndex((is) => stats[is]()) + 1;

function laidOut(entries: readonly Entry[], found: readonly Found[], numbers: boolean): Buffer {
  const rows = new Float64Array(numbers ? entries.length * STAT_FIELDS : 0);
  if (numbers) for (const [index, { fields }] of found.entries()) rows.set(fields, index * STAT_FIELDS);
  const parts = [
    new Uint8Array(rows.buffer),
    Uint8Array.from(found, ({ type }) => type),
    ...entries.flatMap(({ name }) => [name, SLASH]),
  ];
  // A part of Node's pool begins where no Float64Array may.
  const bytes = Buffer.allocUnsafeSlow(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
