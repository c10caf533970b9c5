// stats(): what the process has done so far and what it is doing now, in all its threads, tracked or not.
import { native } from '../engine/addon';

/** What became of the calls of one function since the process began. */
export interface FunctionStats {
  /** The function's name as the caller knows it. */
  readonly fn: string;
  /** The number of calls that succeeded. */
  readonly completed: number;
  /** The number of calls that the kernel answered with an error. */
  readonly failed: number;
  /** The number of calls that were ended before a worker had taken them. */
  readonly cancelled: number;
  /** The number of calls that left the kernel after a signal. */
  readonly interrupted: number;
  /** The number of calls whose worker was killed. */
  readonly killed: number;
  /** The number of calls whose caller was freed while the kernel still had them. */
  readonly abandoned: number;
  /** ms that the calls have spent in the queue, in total. */
  readonly queuedMs: number;
  /** ms that the calls have spent on a worker, in total. */
  readonly runningMs: number;
}

/** The workers of one kind: those for local files, those of each remote file system, and so on. */
export interface LaneStats {
  /**
   * The name of the lane: `local`, `local tasks`, `addons`, `locks`, `remote locks`, or that of a remote file system.
   */
  readonly lane: string;
  /** The number of workers in the lane. */
  readonly workers: number;
  /** The number of workers that have nothing to do. */
  readonly idle: number;
  /** The number of calls that no worker has taken yet. */
  readonly queued: number;
}

/** How long calls took, counted in buckets. */
export interface Histogram {
  /** The upper bounds of the buckets in ms, inclusive. The last one is Infinity. */
  readonly bounds: readonly number[];
  /** The number of calls in each bucket. The counts are not cumulative: a call counts in one bucket only. */
  readonly counts: readonly number[];
}

/** What stats() returns. The numbers of calls and workers are those of the whole process. Times are in ms. */
export interface Stats {
  /** The number of workers. */
  readonly workers: number;
  /** The number of workers that have nothing to do. */
  readonly idle: number;
  /** The number of calls that no worker has taken yet. */
  readonly queued: number;
  /** ms that the oldest queued call has waited; 0: no call is queued. */
  readonly oldestQueuedMs: number;
  /** The number of calls that a worker is carrying out. */
  readonly running: number;
  /** The number of calls that were interrupted and have not left the kernel yet. */
  readonly interrupting: number;
  /** The number of calls whose callers are free and that the kernel still has. */
  readonly abandoned: number;
  /** The number of calls that have been in the kernel for a second or longer, or were abandoned. */
  readonly stuck: number;
  /** What became of the calls of each function. */
  readonly functions: readonly FunctionStats[];
  /** The workers and the queue of each lane. */
  readonly lanes: readonly LaneStats[];
  /** How long calls waited in the queue. */
  readonly queueTime: Histogram;
  /** How long calls were on a worker; nearly all of that time is spent in the kernel. */
  readonly runTime: Histogram;
}

/** The lanes in the order of the runtime's pools (binding/core/lanes.h). */
const LANES = ['local', 'local tasks', 'addons', 'locks', 'remote locks'];

/** Bucket k counts calls that took up to 4^k microseconds (binding/core/stats.h). */
const bounds = (count: number): number[] =>
  Array.from({ length: count }, (_, k) => (k === count - 1 ? Number.POSITIVE_INFINITY : 4 ** k / 1000));

const histogram = (counts: number[]): Histogram => ({ bounds: bounds(counts.length), counts });

/**
 * Counts the calls of the whole process, by function and outcome, with the times that they spent in the queue and on a
 * worker. Calls of `pendingop/fs` and of other addons count, in all threads, whether tracking is on or off; commands,
 * tasks and trackOp() do not. A call counts once its caller's event loop has learnt of its end. The totals only grow.
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
