import { itPrints } from '../fixtures/example';

itPrints('lock.mjs', [
  'held: true',
  'tryLock: undefined',
  'timeout: ETIMEDOUT',
  'waits: lock true',
  'interrupted: EINTR false',
  'ranges: true true',
  'free again: true',
]);
