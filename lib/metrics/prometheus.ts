// Prometheus: its text format, and collectors for prom-client.
import { type Family, families, type Labels } from './families';

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

const numberText = (value: number): string => (value === Number.POSITIVE_INFINITY ? '+Inf' : String(value));

interface Line {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

function linesOf({ name, samples, buckets }: Family): Line[] {
  if (buckets === undefined) return samples.map(({ labels, value }) => ({ name, labels, value }));
  const { bounds, counts, sum } = buckets;
  return [
    ...bounds.map(
      (bound, i): Line => ({
        name: `${name}_bucket`,
        labels: { le: numberText(bound) },
        value: counts[i] ?? 0,
      }),
    ),
    { name: `${name}_sum`, labels: {}, value: sum },
    { name: `${name}_count`, labels: {}, value: counts.at(-1) ?? 0 },
  ];
}

/**
 * Returns the counts of stats() and mounts.list() in Prometheus's text format (version 0.0.4). Touches no mount.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { prometheusText } from 'pendingop/metrics';
 * createServer((request, response) => {
 *   response.setHeader('content-type', 'text/plain; version=0.0.4');
 *   response.end(prometheusText());
 * }).listen(9100);
 * ```
 */
export function prometheusText(): string {
  const blocks = families().map((family) => {
    const lines = linesOf(family).map(
      ({ name, labels, value }) => `${name}${labelText(labels)} ${numberText(value)}`,
    );
    return [`# HELP ${family.name} ${family.help}`, `# TYPE ${family.name} ${family.type}`, ...lines].join(
      '\n',
    );
  });
  return `${blocks.join('\n')}\n`;
}

/** The methods of prom-client's Registry that are used. */
export interface PromRegistry {
  /** As in prom-client. */
  // biome-ignore lint/suspicious/noExplicitAny: prom-client's own type of a metric is a union of its classes
  registerMetric(metric: any): void;
  /** As in prom-client. */
  removeSingleMetric(name: string): void;
}

/** A metric of prom-client that reads its values when they are asked for. */
class Collector {
  readonly name: string;
  readonly help: string;
  readonly type: Family['type'];
  readonly aggregator = 'sum';
  readonly collect = undefined;

  constructor({ name, help, type }: Family) {
    this.name = name;
    this.help = help;
    this.type = type;
  }

  async get(): Promise<Record<string, unknown>> {
    const { name, help, type, aggregator } = this;
    const family = families().find((one) => one.name === name);
    const lines = family === undefined ? [] : linesOf(family);
    const values = lines.map((line) => ({ metricName: line.name, labels: line.labels, value: line.value }));
    return { name, help, type, aggregator, values };
  }

  /** A reset of the registry does not reset the counts: they are those of the process. */
  reset(): void {}
}

/**
 * Adds collectors to a registry of prom-client (15 and later).
 *
 * @param registry - the `register` of prom-client, or a Registry of your own
 * @returns a function that removes the collectors
 * @example
 * ```ts
 * import { register } from 'prom-client';
 * import { registerPrometheus } from 'pendingop/metrics';
 * const remove = registerPrometheus(register);
 * ```
 */
export function registerPrometheus(registry: PromRegistry): () => void {
  const collectors = families().map((family) => new Collector(family));
  for (const collector of collectors) registry.registerMetric(collector);
  return () => {
    for (const { name } of collectors) registry.removeSingleMetric(name);
  };
}
