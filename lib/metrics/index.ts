// The entry point `pendingop/metrics`: the counts of stats() for those who collect metrics.
export { type OtelMeter, registerOpenTelemetry } from './opentelemetry';
export { type PromRegistry, prometheusText, registerPrometheus } from './prometheus';
