// The program that the case `control` asks: node control-program.mjs STATE CALLS FOLDER. It has CALLS calls that hang
// on a FIFO, and an event loop in that state.
import { execFileSync } from 'node:child_process';
import fs, { constants } from 'node:fs';
import inspector from 'node:inspector';
import { join } from 'node:path';
import { configure, trackPending } from 'pendingop';
import { open } from 'pendingop/fs/promises';

const [state, calls, folder] = process.argv.slice(2);
configure({ control: true, maxThreads: Number(calls) + 16 });
trackPending(true);
execFileSync('mkfifo', [join(folder, 'calls'), join(folder, 'loop')]);
// Opened for reading and writing: the open returns at once, and a read waits.
const handle = await open(join(folder, 'calls'), constants.O_RDWR);
for (let i = 0; i < Number(calls); i++) handle.read(Buffer.alloc(1)).catch(() => undefined);
await new Promise((resolve) => setTimeout(resolve, 500));
fs.writeSync(1, 'ready\n');

if (state === 'busy') {
  for (;;);
} else if (state === 'call') {
  fs.openSync(join(folder, 'loop'), 'r');
} else if (state === 'debugger') {
  inspector.open(0);
  inspector.waitForDebugger();
} else {
  setInterval(() => undefined, 1000);
}
