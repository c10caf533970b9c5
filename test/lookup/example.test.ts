import { itPrints } from '../fixtures/example';

itPrints('lookup.mjs', [
  'listed: lookup localhost',
  'localhost: true',
  'error: getaddrinfo',
  'http: hello',
  'another process: true',
  'stuck: EINTR',
  'ended: killed',
]);
