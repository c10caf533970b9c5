// Lists and ends a task that loops for ever in a thread; the next task runs all the same.
//
//   node examples/task.mjs
import { listPending, OpKind, trackPending } from 'pendingop';
import { runTask, startTask } from 'pendingop/task';

trackPending(true);
const gate = new Int32Array(new SharedArrayBuffer(4));
const task = startTask(
  (begun) => {
    Atomics.store(begun, 0, 1);
    for (;;);
  },
  gate,
  { grace: 1000 },
);
task.result.catch(() => {});
while (Atomics.load(gate, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
console.log(`pending: ${listPending(OpKind.Task).map((op) => op.fn())}`);
console.log(`abort: ${await task.abort('enough')}`);
console.log(await runTask((n) => n * 2, 21));
