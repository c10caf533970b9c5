// A lock that another holder has: tries it, waits for it with a timeout, interrupts a wait, and takes it in the end.
//
//   node examples/lock.mjs
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interrupt, listPending, OpKind, trackPending } from 'pendingop';
import { lock, tryLock } from 'pendingop/lock';

trackPending(true);
const folder = await mkdtemp(join(tmpdir(), 'lock-example-'));
const path = join(folder, 'jobs.lock');

const holder = await lock(path);
console.log('held:', holder.held);
console.log('tryLock:', await tryLock(path));
await lock(path, { timeout: 50 }).catch((error) => console.log('timeout:', error.code));

// The wait is listed, and can be interrupted.
const waiting = lock(path).catch((error) =>
  console.log('interrupted:', error.code, error.mayHaveTakenEffect),
);
const blocked = () => listPending({ kind: OpKind.Lock }).some((op) => op.call === 'flock');
while (!blocked()) await new Promise((resolve) => setTimeout(resolve, 5));
const [op] = listPending({ fn: 'lock' });
console.log('waits:', op.fn(), op.pathname() === path);
await interrupt(op);
await waiting;

// Two holders of different ranges of one file do not wait for each other.
const first = await lock(path, { kind: 'fcntl', start: 0, length: 100 });
const second = await tryLock(path, { kind: 'fcntl', start: 100, length: 100 });
console.log('ranges:', first.held, second?.held);
await Promise.all([first.release(), second?.release()]);

await holder.release();
console.log('free again:', (await tryLock(path))?.held);
await rm(folder, { recursive: true });
