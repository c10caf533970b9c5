// stats(): what the process has done so far, and what it is doing now, in all its threads, tracked or not.
import { native } from '../engine/addon';

/** What became of the calls of one function since the process began. */
export interface FunctionStats {
  /** The function's name as the caller knows it. */
  readonly fn: string;
  readonly completed: number;
  /** With an error of the kernel's. */
  readonly failed: number;
  readonly cancelled: number;
  readonly interrupted: number;
  readonly killed: number;
  readonly abandoned: number;
  /** ms that its calls have spent in the queue, all together. */
  readonly queuedMs: number;
  /** ms that its calls have spent on a worker, all together. */
  readonly runningMs: number;
}

/** Workers of one kind: those for local files, those of each remote file system, and so on. */
export interface LaneStats {
  readonly lane: string;
  readonly workers: number;
  readonly idle: number;
  /** Calls that no worker has taken yet. */
  readonly queued: number;
}

export interface Histogram {
  /** Upper bounds of the buckets in ms, each included; the last one is Infinity. */
  readonly bounds: readonly number[];
  /** How many calls were in each bucket, and in none before it. */
  readonly counts: readonly number[];
}

export interface Stats {
  readonly workers: number;
  readonly idle: number;
  /** Calls that no worker has taken yet. */
  readonly queued: number;
  /** ms that the oldest of them has waited. */
  readonly oldestQueuedMs: number;
  readonly running: number;
  /** Asked to end; the kernel has not let go yet. */
  readonly interrupting: number;
  /** Their callers are free; the kernel still has them. */
  readonly abandoned: number;
  /** In the kernel for a second or longer, or abandoned. */
  readonly stuck: number;
  readonly functions: readonly FunctionStats[];
  readonly lanes: readonly LaneStats[];
  /** Times in the queue. */
  readonly queueTime: Histogram;
  /** Times on a worker: in the kernel, nearly all of it. */
  readonly runTime: Histogram;
}

/** In the order of the runtime's pools: binding/core/lanes.h. */
const LANES = ['local', 'local tasks', 'addons', 'locks', 'remote locks'];

/** Bucket k has what took up to 4^k microseconds: binding/core/stats.h. */
const bounds = (count: number): number[] =>
  Array.from({ length: count }, (_, k) => (k === count - 1 ? Number.POSITIVE_INFINITY : 4 ** k / 1000));

const histogram = (counts: number[]): Histogram => ({ bounds: bounds(counts.length), counts });

/**
 * Counts calls of the whole process: by function and outcome, with the times that they spent in the queue and on a
 * worker. Calls of pendingop/fs and of other addons, of all threads, whether tracking is on or off. A call counts once its
 * caller's event loop has heard of its end; commands, tasks and trackOp() are not counted. Numbers only grow.
 *
 * @example
 * ```ts
 * import { stats } from 'pendingop';
 * const { queued, oldestQueuedMs, stuck } = stats();
 * ```
 */
export function stats(): Stats {
  const { functions, lanes, queuedBuckets, runningBuckets, ...now } = native.stats();
  const sum = (key: 'workers' | 'idle'): number => lanes.reduce((total, lane) => total + lane[key], 0);
  return {
    workers: sum('workers'),
    idle: sum('idle'),
    ...now,
    functions: functions.map(({ fn, ended, queuedMs, runningMs }): FunctionStats => {
      const [completed = 0, failed = 0, cancelled = 0, interrupted = 0, killed = 0, abandoned = 0] = ended;
      return { fn, completed, failed, cancelled, interrupted, killed, abandoned, queuedMs, runningMs };
    }),
    lanes: lanes
      .map(
        ({ index, workers, idle, queued, mount }): LaneStats => ({
          lane: mount === '' ? (LANES[index] ?? String(index)) : mount,
          workers,
          idle,
          queued,
        }),
      )
      .filter(({ workers, queued }) => workers > 0 || queued > 0),
    queueTime: histogram(queuedBuckets),
    runTime: histogram(runningBuckets),
  };
}
