// stats() and pendingop/metrics, with the real prom-client and OpenTelemetry.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { Registry } from 'prom-client';
import { interrupt, stats } from '../../lib';
import { appendFile, readFile, stat } from '../../lib/fs/promises';
import { prometheusText, registerOpenTelemetry, registerPrometheus } from '../../lib/metrics';
import { failing, rejection, running, withFifo } from '../table/tools';

/** Returns the value of the sample with that name and those labels. */
function sampleOf(text: string, sample: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
  return line === undefined ? 0 : Number(line.slice(sample.length + 1));
}

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

describe('stats()', () => {
  const fifo = withFifo();
  const of = (fn: string) => stats().functions.find((entry) => entry.fn === fn);

  it('counts calls by function and outcome, tracked or not', async () => {
    const before = of('stat');
    await stat('/');
    await rejection(stat('/no/such/file'));
    const after = of('stat');
    expect((after?.completed ?? 0) - (before?.completed ?? 0)).toBe(1);
    expect((after?.failed ?? 0) - (before?.failed ?? 0)).toBe(1);
  });

  it('names functions as their callers do', async () => {
    const before = of('appendFile')?.completed ?? 0;
    const time = of('appendFile')?.runningMs ?? 0;
    await appendFile('/dev/null', 'x');
    expect((of('appendFile')?.completed ?? 0) - before).toBe(1);
    expect(of('appendFile')?.runningMs).toBeGreaterThan(time);
  });

  it('counts interrupted calls, and shows running ones', async () => {
    const before = of('readFile')?.interrupted ?? 0;
    const failed = failing(readFile(fifo().path));
    const ops = await running();
    expect(stats().running).toBeGreaterThanOrEqual(1);
    await interrupt(ops);
    await failed;
    expect((of('readFile')?.interrupted ?? 0) - before).toBe(1);
  });

  it('has each call in one bucket of each histogram', async () => {
    const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
    const before = stats();
    for (let i = 0; i < 10; i++) await stat('/');
    const after = stats();
    for (const key of ['queueTime', 'runTime'] as const) {
      expect(sum(after[key].counts) - sum(before[key].counts)).toBe(10);
      expect(after[key].bounds.length).toBe(after[key].counts.length);
      expect(after[key].bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
    }
  });
});

describe('pendingop/metrics', () => {
  it('writes the text format of Prometheus', async () => {
    await stat('/');
    const text = prometheusText();
    expect(text.endsWith('\n')).toBe(true);
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^(# (HELP|TYPE) pendingop_\w+ .+|pendingop_\w+(\{(\w+="[^"]*",?)+\})? (\d+(\.\d+)?(e-?\d+)?|\+Inf))$/,
      );
    }
    expect(sampleOf(text, 'pendingop_calls_total{fn="stat",outcome="completed"}')).toBeGreaterThan(0);
    // Counts of a histogram include those of the buckets before.
    const counts = [...text.matchAll(/^pendingop_run_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm)].map((found) =>
      Number(found[2]),
    );
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(sampleOf(text, 'pendingop_run_seconds_count')).toBe(counts.at(-1));
  });

  it('gives the same values through prom-client', async () => {
    const registry = new Registry();
    const remove = registerPrometheus(registry);
    await stat('/');
    const theirs = await registry.metrics();
    expect(sampleOf(theirs, 'pendingop_calls_total{fn="stat",outcome="completed"}')).toBe(
      stats().functions.find(({ fn }) => fn === 'stat')?.completed,
    );
    expect(theirs).toContain('# TYPE pendingop_run_seconds histogram\n');
    expect(sampleOf(theirs, 'pendingop_run_seconds_count')).toBeGreaterThan(0);
    const names = (text: string): string[] =>
      [...text.matchAll(/^# TYPE (\w+)/gm)].map((found) => found[1] as string);
    expect(names(theirs).sort()).toEqual(names(prometheusText()).sort());
    remove();
    expect((await registry.metrics()).trim()).toBe('');
  });

  it('gives the same values through OpenTelemetry', async () => {
    const reader = new Reader({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
    const provider = new MeterProvider({ readers: [reader] });
    const remove = registerOpenTelemetry(provider.getMeter('test'));
    await stat('/');
    const { resourceMetrics, errors } = await reader.collect();
    expect(errors).toEqual([]);
    const found = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
    const counts = found.find(({ descriptor }) => descriptor.name === 'pendingop.call.count');
    const point = counts?.dataPoints.find(
      ({ attributes }) =>
        attributes['pendingop.function'] === 'stat' && attributes['pendingop.outcome'] === 'completed',
    );
    expect(point?.value).toBe(stats().functions.find(({ fn }) => fn === 'stat')?.completed);
    remove();
    await provider.shutdown();
  });

  it('has every metric of the dashboard', () => {
    const dashboard = readFileSync(join(__dirname, '../../examples/metrics/dashboard.json'), 'utf8');
    const { panels } = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] };
    const names = new Set(
      [...prometheusText().matchAll(/^# TYPE (\w+) (\w+)/gm)].flatMap(([, name = '', type]) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
    );
    const used = panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(/pendingop_\w+/g) ?? []),
    );
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((name) => !names.has(name))).toEqual([]);
  });
});
