// What is measured, stated once for Prometheus's text, prom-client and OpenTelemetry. Names follow Prometheus: base
// units, seconds, and `_total` for counts that only grow.
import { mounts } from '../mounts';
import { type Histogram, type Stats, stats } from '../table/stats';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A histogram in Prometheus's form: each count includes those of the buckets before it. */
export interface Buckets {
  /** Upper bounds in seconds. The last one is Infinity. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  /** The sum of all values in seconds. */
  readonly sum: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly samples: readonly Sample[];
  readonly buckets?: Buckets;
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  type: 'gauge',
  samples,
});

const one = (value: number, labels: Labels = {}): Sample[] => [{ labels, value }];

const OUTCOMES = ['completed', 'failed', 'cancelled', 'interrupted', 'killed', 'abandoned'] as const;

function buckets({ bounds, counts }: Histogram, sumMs: number): Buckets {
  let total = 0;
  return {
    bounds: bounds.map((ms) => ms / 1000),
    counts: counts.map((count) => {
      total += count;
      return total;
    }),
    sum: sumMs / 1000,
  };
}

function histogram(name: string, help: string, times: Histogram, sumMs: number): Family {
  return { name, help, type: 'histogram', samples: [], buckets: buckets(times, sumMs) };
}

function callFamilies(now: Stats): Family[] {
  const { functions } = now;
  const sum = (key: 'queuedMs' | 'runningMs'): number =>
    functions.reduce((total, entry) => total + entry[key], 0);
  return [
    {
      name: 'pendingop_calls_total',
      help: 'Calls that have ended, by function and outcome.',
      type: 'counter',
      samples: functions.flatMap((entry) =>
        OUTCOMES.filter((outcome) => entry[outcome] > 0).map(
          (outcome): Sample => ({
            labels: { fn: entry.fn, outcome },
            value: entry[outcome],
          }),
        ),
      ),
    },
    {
      name: 'pendingop_function_run_seconds_total',
      help: 'Time that calls of a function have spent on a worker.',
      type: 'counter',
      samples: functions.map(({ fn, runningMs }) => ({ labels: { fn }, value: runningMs / 1000 })),
    },
    histogram(
      'pendingop_queue_seconds',
      'Time that calls have waited for a worker.',
      now.queueTime,
      sum('queuedMs'),
    ),
    histogram(
      'pendingop_run_seconds',
      'Time that calls have spent on a worker.',
      now.runTime,
      sum('runningMs'),
    ),
  ];
}

function stateFamilies(now: Stats): Family[] {
  const byLane = (value: (lane: Stats['lanes'][number]) => number): Sample[] =>
    now.lanes.map((lane) => ({ labels: { lane: lane.lane }, value: value(lane) }));
  const states = ['running', 'interrupting', 'abandoned'] as const;
  return [
    gauge(
      'pendingop_workers',
      'Workers there are.',
      byLane(({ workers }) => workers),
    ),
    gauge(
      'pendingop_idle_workers',
      'Workers that have nothing to do.',
      byLane(({ idle }) => idle),
    ),
    gauge(
      'pendingop_queued_calls',
      'Calls that no worker has taken yet.',
      byLane(({ queued }) => queued),
    ),
    gauge(
      'pendingop_oldest_queued_seconds',
      'How long the oldest of them has waited.',
      one(now.oldestQueuedMs / 1000),
    ),
    gauge(
      'pendingop_calls',
      'Calls in the kernel, by state.',
      states.flatMap((state) => one(now[state], { state })),
    ),
    gauge(
      'pendingop_stuck_calls',
      'Calls that have been in the kernel for a second or longer, or were abandoned.',
      one(now.stuck),
    ),
  ];
}

/** Only mounts that depend on a server or a daemon, or that have stalled: the others tell nothing. */
function mountFamilies(): Family[] {
  const listed = mounts
    .list()
    .filter(({ state, canInterrupt, stuck }) => canInterrupt !== 'signal' || state !== 'ok' || stuck > 0);
  const samples = (value: (mount: (typeof listed)[number]) => number): Sample[] =>
    listed.map((mount) => ({ labels: { mount: mount.mountPoint, type: mount.type }, value: value(mount) }));
  return [
    gauge(
      'pendingop_mount_stalled',
      'Whether a file system does not answer.',
      samples(({ state }) => (state === 'stalled' ? 1 : 0)),
    ),
    gauge(
      'pendingop_mount_stuck_calls',
      'Calls that are stuck on a file system.',
      samples(({ stuck }) => stuck),
    ),
  ];
}

export function families(): Family[] {
  const now = stats();
  return [...stateFamilies(now), ...callFamilies(now), ...mountFamilies()];
}
