// A loop without an end, in a thread: listed, ended, and the next task runs.
import { listPending, OpKind, trackPending } from '../dist/index.js';
import { runTask, startTask } from '../dist/task/index.js';

trackPending(true);
const gate = new Int32Array(new SharedArrayBuffer(4));
const task = startTask((begun) => {
  Atomics.store(begun, 0, 1);
  for (;;);
}, gate);
task.result.catch(() => {});
while (Atomics.load(gate, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
console.log(listPending(OpKind.Task).join('\n'));
console.log(await task.abort('enough'));
console.log(await runTask((n) => n * 2, 21));
