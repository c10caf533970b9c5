// The entry point pendingop/metrics: what stats() counts, for those who collect metrics.
export { type OtelMeter, registerOpenTelemetry } from './opentelemetry';
export { type PromRegistry, prometheusText, registerPrometheus } from './prometheus';
