// Counts what became of the calls of this thread, for stats(), as binding/core/stats.h counts the calls of the process.
import type { NativeStats } from '../addon';
import { Code, Ended } from '../codes';

const BUCKETS = 16;
/** The indexes of the counts: completed, failed, cancelled, interrupted, killed, abandoned. */
const FAILED = 1;
const CANCELLED = 2;
const ABANDONED = 5;

/** Bucket k counts calls that took up to 4^k microseconds. */
function bucketOf(ms: number): number {
  let bucket = 0;
  for (let bound = 0.001; ms > bound && bucket < BUCKETS - 1; bound *= 4) bucket++;
  return bucket;
}

type FunctionTally = NativeStats['functions'][number];

const codeNames = Object.keys(Code);
const names: string[] = [''];
const functions = new Map<string, FunctionTally>();
const queuedBuckets = new Array<number>(BUCKETS).fill(0);
const runningBuckets = new Array<number>(BUCKETS).fill(0);

export function functionNumber(name: string): number {
  const known = names.indexOf(name);
  return known >= 0 ? known : names.push(name) - 1;
}

/** `number`: 0 if the function has the name of its code. `outcome`: a number of Ended. */
export function count(
  number: number,
  code: number,
  outcome: number,
  isError: boolean,
  queuedMs: number,
  runningMs: number,
): void {
  const fn = number === 0 ? (codeNames[code] as string) : (names[number] as string);
  let tally = functions.get(fn);
  if (tally === undefined) {
    tally = { fn, ended: [0, 0, 0, 0, 0, 0], queuedMs: 0, runningMs: 0 };
    functions.set(fn, tally);
  }
  const place = outcome === Ended.cancelled ? CANCELLED : outcome === Ended.abandoned ? ABANDONED : 0;
  const at = place === 0 && isError ? FAILED : place;
  tally.ended[at] = (tally.ended[at] ?? 0) + 1;
  tally.queuedMs += queuedMs;
  tally.runningMs += runningMs;
  for (const [buckets, ms] of [[queuedBuckets, queuedMs] as const, [runningBuckets, runningMs] as const]) {
    const bucket = bucketOf(ms);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
}

export const totals = (): Pick<NativeStats, 'functions' | 'queuedBuckets' | 'runningBuckets'> => ({
  functions: [...functions.values()],
  queuedBuckets,
  runningBuckets,
});
