// Node's timers and queues as they were when this module was loaded. Tools for tests replace them in the global object, in
// `process` and in the module `timers` (sinon's fake timers, say): calls in flight must go on meanwhile, as Node's own do.
const timers = require('node:timers') as typeof import('node:timers');

export const { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = timers;
export const { nextTick } = process;
export const { queueMicrotask } = globalThis;
