// Stats, BigIntStats and StatFs as Node makes them: with Node's prototypes, and own properties in Node's order.
import { type BigIntStats, type BigIntStatsFs, Stats, type StatsFs } from 'node:fs';
import { statfsSync, statSync } from '../../node/original';

type Fields<T> = { -readonly [K in keyof T]: T[K] };

// The Stats of a file that can be read, since it was just loaded. It shows which own properties this Node gives a
// Stats.
const sample = statSync(__filename);

/** Node 20 sets the four dates as own properties. Later versions have getters on the prototype. */
const eagerDates = Object.hasOwn(sample, 'atime');

/** Node's own Date: in a vm context (jest) the global Date is another one. */
const NodeDate = sample.mtime.constructor as DateConstructor;

// As in Node, a fraction of a millisecond is rounded: the Date constructor would cut it off.
const dateOf = (ms: number): Date => new NodeDate(Math.round(ms));

/**
 * Called with `new`. The prototype is Node's, so that `instanceof fs.Stats` holds and `constructor` is fs.Stats.
 * Calling Node's constructor would print a warning from Node 22 on. `f` holds the 18 fields of a completion from index
 * `at` on.
 */
function LazyStats(this: Fields<Stats>, f: Float64Array, at: number): void {
  this.dev = f[at] as number;
  this.mode = f[at + 1] as number;
  this.nlink = f[at + 2] as number;
  this.uid = f[at + 3] as number;
  this.gid = f[at + 4] as number;
  this.rdev = f[at + 5] as number;
  this.blksize = f[at + 6] as number;
  this.ino = f[at + 7] as number;
  this.size = f[at + 8] as number;
  this.blocks = f[at + 9] as number;
  this.atimeMs = (f[at + 10] as number) * 1e3 + (f[at + 11] as number) / 1e6;
  this.mtimeMs = (f[at + 12] as number) * 1e3 + (f[at + 13] as number) / 1e6;
  this.ctimeMs = (f[at + 14] as number) * 1e3 + (f[at + 15] as number) / 1e6;
  this.birthtimeMs = (f[at + 16] as number) * 1e3 + (f[at + 17] as number) / 1e6;
}

// The fields are set here again instead of calling LazyStats: one constructor makes one hidden class in V8.
function EagerStats(this: Fields<Stats>, f: Float64Array, at: number): void {
  this.dev = f[at] as number;
  this.mode = f[at + 1] as number;
  this.nlink = f[at + 2] as number;
  this.uid = f[at + 3] as number;
  this.gid = f[at + 4] as number;
  this.rdev = f[at + 5] as number;
  this.blksize = f[at + 6] as number;
  this.ino = f[at + 7] as number;
  this.size = f[at + 8] as number;
  this.blocks = f[at + 9] as number;
  const atime = (f[at + 10] as number) * 1e3 + (f[at + 11] as number) / 1e6;
  const mtime = (f[at + 12] as number) * 1e3 + (f[at + 13] as number) / 1e6;
  const ctime = (f[at + 14] as number) * 1e3 + (f[at + 15] as number) / 1e6;
  const birthtime = (f[at + 16] as number) * 1e3 + (f[at + 17] as number) / 1e6;
  this.atimeMs = atime;
  this.mtimeMs = mtime;
  this.ctimeMs = ctime;
  this.birthtimeMs = birthtime;
  this.atime = dateOf(atime);
  this.mtime = dateOf(mtime);
  this.ctime = dateOf(ctime);
  this.birthtime = dateOf(birthtime);
}

/** Node 26 also keeps the parts of the times below a second, under symbols, for the getters with Temporal objects. */
const PARTS = Object.getOwnPropertySymbols(sample) as [symbol, symbol, symbol, symbol] | [];

function PreciseStats(this: Fields<Stats> & Record<symbol, number>, f: Float64Array, at: number): void {
  this.dev = f[at] as number;
  this.mode = f[at + 1] as number;
  this.nlink = f[at + 2] as number;
  this.uid = f[at + 3] as number;
  this.gid = f[at + 4] as number;
  this.rdev = f[at + 5] as number;
  this.blksize = f[at + 6] as number;
  this.ino = f[at + 7] as number;
  this.size = f[at + 8] as number;
  this.blocks = f[at + 9] as number;
  this.atimeMs = (f[at + 10] as number) * 1e3 + (f[at + 11] as number) / 1e6;
  this.mtimeMs = (f[at + 12] as number) * 1e3 + (f[at + 13] as number) / 1e6;
  this.ctimeMs = (f[at + 14] as number) * 1e3 + (f[at + 15] as number) / 1e6;
  this.birthtimeMs = (f[at + 16] as number) * 1e3 + (f[at + 17] as number) / 1e6;
  this[PARTS[0] as symbol] = f[at + 11] as number;
  this[PARTS[1] as symbol] = f[at + 13] as number;
  this[PARTS[2] as symbol] = f[at + 15] as number;
  this[PARTS[3] as symbol] = f[at + 17] as number;
}

PreciseStats.prototype = Stats.prototype;
LazyStats.prototype = Stats.prototype;
EagerStats.prototype = Stats.prototype;

const MadeStats = (eagerDates
  ? EagerStats
  : PARTS.length === 4
    ? PreciseStats
    : LazyStats) as unknown as new (
  f: Float64Array,
  at: number,
) => Stats;

export function statsFrom(fields: Float64Array, at: number): Stats {
  return new MadeStats(fields, at);
}

const TIMES = ['atime', 'mtime', 'ctime', 'birthtime'] as const;

/**
 * The same, whose four dates are made when they are asked for, with every Node: they cost as much as all the rest. Before
 * Node 22 they are properties of the prototype then, and not of the object.
 */
export function leanStatsFrom(fields: Float64Array, at: number): Stats {
  return eagerDates ? new (LeanStats as unknown as typeof MadeStats)(fields, at) : statsFrom(fields, at);
}

function LeanStats(this: Fields<Stats>, f: Float64Array, at: number): void {
  LazyStats.call(this, f, at);
}

LeanStats.prototype = Object.create(Stats.prototype, {
  ...Object.fromEntries(
    TIMES.map((name) => [
      name,
      {
        configurable: true,
        enumerable: true,
        get(this: Stats): Date {
          return remember(this, name, dateOf(this[`${name}Ms`]));
        },
        set(this: Stats, value: unknown) {
          remember(this, name, value);
        },
      },
    ]),
  ),
});

/** Becomes a property of the object's own, as it is in Node. */
function remember<T>(stats: Stats, name: string, value: T): T {
  Object.defineProperty(stats, name, { value, configurable: true, enumerable: true, writable: true });
  return value;
}

function MadeBigIntStats(this: Fields<BigIntStats>, f: BigInt64Array, at: number): void {
  const field = (index: number): bigint => f[at + index] as bigint;
  this.dev = field(0);
  this.mode = field(1);
  this.nlink = field(2);
  this.uid = field(3);
  this.gid = field(4);
  this.rdev = field(5);
  this.blksize = field(6);
  this.ino = field(7);
  this.size = field(8);
  this.blocks = field(9);
  const ns = TIMES.map((_, i) => field(10 + 2 * i) * 1_000_000_000n + field(11 + 2 * i)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  this.atimeMs = ns[0] / 1_000_000n;
  this.mtimeMs = ns[1] / 1_000_000n;
  this.ctimeMs = ns[2] / 1_000_000n;
  this.birthtimeMs = ns[3] / 1_000_000n;
  this.atimeNs = ns[0];
  this.mtimeNs = ns[1];
  this.ctimeNs = ns[2];
  this.birthtimeNs = ns[3];
  if (!eagerDates) return;
  this.atime = dateOf(Number(this.atimeMs));
  this.mtime = dateOf(Number(this.mtimeMs));
  this.ctime = dateOf(Number(this.ctimeMs));
  this.birthtime = dateOf(Number(this.birthtimeMs));
}

let bigIntStats: (new (f: BigInt64Array, at: number) => BigIntStats) | undefined;

export function bigIntStatsFrom(fields: BigInt64Array, at: number): BigIntStats {
  if (bigIntStats === undefined) {
    MadeBigIntStats.prototype = Object.getPrototypeOf(statSync(__filename, { bigint: true }));
    bigIntStats = MadeBigIntStats as unknown as new (f: BigInt64Array, at: number) => BigIntStats;
  }
  return new bigIntStats(fields, at);
}

let statFsPrototype: object | undefined;
let hasFragmentSize = false;

/**
 * Makes a StatFs of numbers or bigints, whichever the completion holds: type, bsize, blocks, bfree, bavail, files,
 * ffree, frsize. Only Node 24 and later have frsize, after bsize.
 */
export function statFsFrom(fields: Float64Array, at: number): StatsFs;
export function statFsFrom(fields: BigInt64Array, at: number): BigIntStatsFs;
export function statFsFrom(fields: Float64Array | BigInt64Array, at: number): StatsFs | BigIntStatsFs {
  if (statFsPrototype === undefined) {
    const real = statfsSync(__filename);
    statFsPrototype = Object.getPrototypeOf(real) as object;
    hasFragmentSize = 'frsize' in real;
  }
  return Object.assign(Object.create(statFsPrototype), {
    type: fields[at],
    bsize: fields[at + 1],
    ...(hasFragmentSize && { frsize: fields[at + 7] }),
    blocks: fields[at + 2],
    bfree: fields[at + 3],
    bavail: fields[at + 4],
    files: fields[at + 5],
    ffree: fields[at + 6],
  });
}
