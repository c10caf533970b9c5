// readdir: one call for the names, or the entries, of one directory; with `recursive`, many. If the file system gives
// no types, each entry is asked for its own.
import type { Call } from '../../call';
import { parseOptions } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import { type Composed, each, type Next } from '../plan/plan';
import * as steps from '../plan/steps';
import { entriesCall, namesCall, READDIR, untypedOf } from '../requests/directories';
import { type AnyDirent, direntFromStats, entryPath } from '../results/dirent';
import { listing, type Manner } from './readdir-recursive';

export type Listing = (string | Buffer)[] | AnyDirent[];

/** What readdir does for its arguments: one call, or, if recursive, a composite. */
export interface Reading {
  readonly action: Call<Listing> | Composed<unknown>;
  /** Returns what is still to be done when the call has ended. */
  readonly rest?: Next;
}

/** `manner`: the order of the entries of a tree. */
export function readdirOf(file: unknown, given: unknown, shown: readonly unknown[], manner: Manner): Reading {
  const options = parseOptions(given);
  const path = validPath(file);
  const { recursive, withFileTypes } = options;
  if (recursive) return { action: listing(path, options, shown, manner) };
  if (!withFileTypes) return { action: namesCall(path, options, shown) as Call<Listing> };
  return {
    action: entriesCall(path, options, shown) as Call<Listing>,
    rest: (error, entries) => (error === null ? completing(path, entries as AnyDirent[]) : undefined),
  };
}

/** The number of entries that are asked for their type at a time. */
const WIDTH = 32;

/** Asks for the types that the file system did not give. */
function completing(path: steps.Path, entries: AnyDirent[]): Composed<AnyDirent[]> | undefined {
  const untyped = untypedOf(entries);
  if (untyped === undefined) return undefined;
  return {
    type: { ...READDIR, result: () => [] },
    args: [path],
    options: undefined,
    path,
    *body(parent) {
      yield* each([...untyped], WIDTH, function* ([index, bytes]) {
        const stats = yield* steps.lstatWhole(parent, entryPath(path, bytes));
        const { name } = entries[index] as AnyDirent;
        entries[index] = direntFromStats(name, stats, path);
      });
      return entries;
    },
  };
}
