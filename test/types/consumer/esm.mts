// Compiled, never run (scripts/declarations.mjs): a module that uses each entry point, with the types of each Node.
import { type Stats, readFile as nodeReadFile } from 'node:fs';
import nodePromises from 'node:fs/promises';
import {
  type CallOptions,
  configure,
  InterruptError,
  interrupt,
  isInterruptError,
  listPending,
  lookup,
  mounts,
  onPending,
  onStall,
  type PendingOp,
  requestScope,
  runInterruptible,
  runIsolated,
  stats,
  trackOp,
  trackPending,
} from 'pendingop';
import { keepaliveSignal, runCommand } from 'pendingop/command';
import fs, * as callbacks from 'pendingop/fs';
import promises, { type FileHandle, open, opendir, watch } from 'pendingop/fs/promises';
import { lock, tryLock } from 'pendingop/lock';
import { prometheusText } from 'pendingop/metrics';
import { register } from 'pendingop/register';
import { onInterrupt, runTask, TaskPool } from 'pendingop/task';

const options: CallOptions = { timeout: 1000, signal: new AbortController().signal };

export async function main(): Promise<void> {
  configure({ timeout: 0, killable: 'auto' });
  trackPending(true);
  listPending({ fn: 'read' })[0] satisfies PendingOp | undefined;
  (await interrupt(listPending())).length;
  onPending(({ op }) => op.toString());
  onStall({ after: 1000 }, (op) => op.toString());
  stats().running satisfies number;
  await runInterruptible({ timeout: 1000, grace: 100 }, async (scope) => scope.signal satisfies AbortSignal);
  (await trackOp({ fn: 'wait', onInterrupt() {} }, async (signal) => Number(signal.aborted))) satisfies number;
  lookup('localhost', { family: 4, ...options }, (_error, address) => address satisfies string);
  (await runIsolated<number>('module.cjs', [1], options)) satisfies number;
  mounts.list()[0]?.mountPoint satisfies string | undefined;
  requestScope({ timeout: 1000 });

  const handle: FileHandle = await open('file', 'r+', options);
  const { bytesRead } = await handle.read(Buffer.alloc(10), 0, 10, 0, options);
  bytesRead satisfies number;
  (await handle.stat({ bigint: true, ...options })).size satisfies bigint;
  for await (const line of handle.readLines()) line satisfies string;
  handle.createReadStream({ start: 0 }).destroy();
  await handle.close();
  (await promises.readFile('file', { encoding: 'utf8', ...options })) satisfies string;
  (await promises.readFile('file', options)) satisfies Buffer;
  (await promises.stat('file', options)) satisfies Stats;
  (await promises.readdir('.', { withFileTypes: true, ...options }))[0]?.name satisfies string | undefined;
  for await (const { name } of await opendir('.')) name satisfies string;
  for await (const { eventType } of watch('.', { recursive: true })) eventType satisfies string;
  promises satisfies Pick<typeof nodePromises, 'readFile' | 'stat' | 'rm' | 'cp' | 'mkdir' | 'writeFile'>;

  fs.readFile satisfies typeof nodeReadFile;
  callbacks.stat('file', options, (error, found) => error ?? found.size);
  callbacks.unlink('file', options, (error) => error?.code);
  callbacks.readFileSync('file', { encoding: 'utf8', timeout: 100 }) satisfies string;
  callbacks.createReadStream('file', { timeout: 100 }).destroy();
  callbacks.watchFile('file', { interval: 100 }, ({ size }) => size);

  (await runCommand('true', [], options)).stdout satisfies string;
  keepaliveSignal() satisfies AbortSignal;
  await using held = { [Symbol.asyncDispose]: async () => {} };
  const file = await lock('file', { kind: 'fcntl', ...options });
  await file.release();
  (await tryLock(handle))?.path;
  prometheusText() satisfies string;
  register()();
  (await runTask((n: number) => n * 2, 1, { timeout: 100 })) satisfies number;
  onInterrupt(() => {});
  await new TaskPool({ maxThreads: 1, resourceLimits: { maxOldGenerationSizeMb: 100 } }).close();
  try {
    await nodePromises.stat('file');
  } catch (error) {
    if (isInterruptError(error)) error.mayHaveTakenEffect satisfies boolean;
    if (error instanceof InterruptError) error.op satisfies PendingOp | undefined;
  }
}
