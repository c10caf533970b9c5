// OpenTelemetry: observable instruments on a meter of the program.
import { type Family, families, type Sample } from './families';

interface Result {
  observe(value: number, attributes?: Record<string, string>): void;
}

interface Observable {
  addCallback(callback: (result: Result) => void): void;
  removeCallback(callback: (result: Result) => void): void;
}

interface Options {
  description?: string;
  unit?: string;
}

/** The methods of a Meter of @opentelemetry/api (1.3 and later) that are used. */
export interface OtelMeter {
  /** As in @opentelemetry/api. */
  createObservableCounter(name: string, options?: Options): Observable;
  /** As in @opentelemetry/api. */
  createObservableUpDownCounter(name: string, options?: Options): Observable;
  /** As in @opentelemetry/api. */
  createObservableGauge(name: string, options?: Options): Observable;
}

/**
 * Names by OpenTelemetry's rules: with dots, without units and without `total`. The unit stands by itself, as UCUM
 * writes it.
 */
const INSTRUMENTS: [family: string, name: string, kind: 'counter' | 'updown' | 'gauge', unit: string][] = [
  ['pendingop_workers', 'pendingop.worker.count', 'updown', '{worker}'],
  ['pendingop_idle_workers', 'pendingop.worker.idle', 'updown', '{worker}'],
  ['pendingop_queued_calls', 'pendingop.call.queued', 'updown', '{call}'],
  ['pendingop_oldest_queued_seconds', 'pendingop.call.queued.oldest', 'gauge', 's'],
  ['pendingop_calls', 'pendingop.call.active', 'updown', '{call}'],
  ['pendingop_stuck_calls', 'pendingop.call.stuck', 'updown', '{call}'],
  ['pendingop_calls_total', 'pendingop.call.count', 'counter', '{call}'],
  ['pendingop_function_run_seconds_total', 'pendingop.call.run_time', 'counter', 's'],
  ['pendingop_queue_seconds', 'pendingop.call.queue_time', 'counter', 's'],
  ['pendingop_mount_stalled', 'pendingop.mount.stalled', 'gauge', '1'],
  ['pendingop_mount_stuck_calls', 'pendingop.mount.stuck', 'updown', '{call}'],
];

/** A histogram is reported as its sum: a meter has no observable histograms. */
const samplesOf = ({ samples, buckets }: Family): readonly Sample[] =>
  buckets === undefined ? samples : [{ labels: {}, value: buckets.sum }];

const ATTRIBUTES: Record<string, string> = {
  fn: 'pendingop.function',
  outcome: 'pendingop.outcome',
  lane: 'pendingop.lane',
  state: 'pendingop.state',
  mount: 'system.filesystem.mountpoint',
  type: 'system.filesystem.type',
};

function attributesOf(labels: Sample['labels']): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [ATTRIBUTES[name] ?? name, value]));
}

/**
 * Adds observable instruments to a meter.
 *
 * @param meter - a Meter of @opentelemetry/api
 * @returns a function that removes the instruments
 * @example
 * ```ts
 * import { metrics } from '@opentelemetry/api';
 * import { registerOpenTelemetry } from 'pendingop/metrics';
 * const remove = registerOpenTelemetry(metrics.getMeter('pendingop'));
 * ```
 */
export function registerOpenTelemetry(meter: OtelMeter): () => void {
  const known = new Map(families().map(({ name, help }) => [name, help]));
  const ends = INSTRUMENTS.map(([family, name, kind, unit]) => {
    const options = { description: known.get(family) ?? '', unit };
    const instrument =
      kind === 'counter'
        ? meter.createObservableCounter(name, options)
        : kind === 'updown'
          ? meter.createObservableUpDownCounter(name, options)
          : meter.createObservableGauge(name, options);
    const observe = (result: Result): void => {
      const found = families().find((one) => one.name === family);
      for (const { labels, value } of found === undefined ? [] : samplesOf(found))
        result.observe(value, attributesOf(labels));
    };
    instrument.addCallback(observe);
    return () => instrument.removeCallback(observe);
  });
  return () => {
    for (const end of ends) end();
  };
}
