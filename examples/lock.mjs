// A lock that somebody else holds: waited for, given up, and had in the end. `node examples/lock.mjs`
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

// Somebody sees who waits, and ends it.
const waiting = lock(path).catch((error) =>
  console.log('interrupted:', error.code, error.mayHaveTakenEffect),
);
const blocked = () => listPending({ kind: OpKind.Lock }).some((op) => op.call === 'flock');
while (!blocked()) await new Promise((resolve) => setTimeout(resolve, 5));
const [op] = listPending({ fn: 'lock' });
console.log('waits:', op.fn(), op.pathname() === path);
await interrupt(op);
await waiting;

// A range of bytes: who works on another one is not in the way.
const first = await lock(path, { kind: 'fcntl', start: 0, length: 100 });
const second = await tryLock(path, { kind: 'fcntl', start: 100, length: 100 });
console.log('ranges:', first.held, second?.held);
await Promise.all([first.release(), second?.release()]);

await holder.release();
console.log('free again:', (await tryLock(path))?.held);
await rm(folder, { recursive: true });
