import { itPrints } from '../fixtures/example';

itPrints('task.mjs', ['pending: runTask', 'abort: killed', '42']);
