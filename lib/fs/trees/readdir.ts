// readdir: one call for the names, or the entries, of one directory; with `recursive` many. A file system that gives
// no types is asked for each.
import type { Call } from '../../call';
import { type FileOptions, parseOptions } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import { type Composed, each } from '../plan/plan';
import * as steps from '../plan/steps';
import { entriesCall, namesCall, READDIR, untypedOf } from '../requests/directories';
import { type AnyDirent, direntFromStats, entryPath } from '../results/dirent';
import { listing, type Manner } from './readdir-recursive';

export type Listing = (string | Buffer)[] | AnyDirent[];

/** What readdir makes of its arguments: a call or, where it is recursive, several. */
export interface Reading {
  readonly action: Call<Listing> | Composed<unknown>;
  /** What is still to be done once the call has its result. */
  readonly rest?: (listed: unknown) => Composed<AnyDirent[]> | undefined;
}

/** `manner`: in which order the entries of a tree come. */
export function readdirOf(file: unknown, given: unknown, shown: readonly unknown[], manner: Manner): Reading {
  const options = parseOptions(given);
  const path = validPath(file);
  const { recursive, withFileTypes } = options;
  if (recursive) return { action: listing(path, options, shown, manner) };
  if (!withFileTypes) return { action: namesCall(path, options, shown) as Call<Listing> };
  return {
    action: entriesCall(path, options, shown) as Call<Listing>,
    rest: (entries) => completing(path, entries as AnyDirent[], options),
  };
}

/** Entries asked for their types at a time. */
const WIDTH = 32;

/** Asks for the types that the file system did not give. */
function completing(
  path: steps.Path,
  entries: AnyDirent[],
  { signal, timeout }: FileOptions,
): Composed<AnyDirent[]> | undefined {
  const untyped = untypedOf(entries);
  if (untyped === undefined) return undefined;
  return {
    type: { ...READDIR, result: () => [] },
    args: [path],
    options: { signal, timeout },
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
