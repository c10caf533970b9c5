// Interrupts at every moment of a call's life: before it is submitted, while it is queued, between a worker's check and
// its system call, in the call, after it, and when it is long over.
import { readFileSync } from 'node:fs';
import { writeFile as write } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { InterruptError, interrupt, listPending, type PendingOp } from '../../lib';
import { native } from '../../lib/engine/addon';
import {
  access,
  type FileHandle,
  open,
  readdir,
  readFile,
  realpath,
  stat,
  writeFile,
} from '../../lib/fs/promises';
import { withSharedFolder } from '../fixtures/folder';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { run } from '../fixtures/processes';
import { idleWorkersLeave, poolThreads } from '../fixtures/workers';

const CALLS = 200_000;
const BATCH = 250;
const MOST_BUSY = 30; // µs

let content: string;
let fifo: FileHandle;
afterAll(() => fifo.close());
const folder = withSharedFolder('race');
beforeAll(async () => {
  content = 'c'.repeat(5000);
  await write(folder('file'), content);
  await write(folder('out'), content);
  for (const name of ['fifo', 'unopened']) await run('mkfifo', [folder(name)]);
  fifo = await open(folder('fifo'), 'r+');
});

/** A random generator with a fixed seed, so that every run makes the same choices. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

type Check = (value: unknown) => boolean;
/** A call, and whether its result is right. Calls that wait for ever end only by their interrupt. */
function kinds(): [() => Promise<unknown>, Check, forever?: true][] {
  const file = folder('file');
  const size = content.length;
  const openAndClose = async (): Promise<boolean> => {
    const handle = await open(file);
    await handle.close();
    return true;
  };
  const isSize: Check = (value) => (value as { size: number }).size === size;
  return [
    [() => stat(file), isSize],
    [() => stat(file), isSize],
    [() => access(file), (value) => value === undefined],
    [openAndClose, (value) => value === true],
    [() => readFile(file, 'latin1'), (value) => value === content],
    [() => readdir(folder()), (value) => (value as string[]).join() === 'fifo,file,out,unopened'],
    [() => realpath(file), (value) => value === file],
    [() => writeFile(folder('out'), content), (value) => value === undefined],
    [() => stat(folder('none')).catch(enoent), (value) => value === 'ENOENT'],
    [() => fifo.read(Buffer.alloc(16)), () => false, true],
    [() => open(folder('unopened')), () => false, true],
    [() => readFile(folder('unopened')), () => false, true],
  ];
}

function enoent(error: NodeJS.ErrnoException): unknown {
  if (error instanceof InterruptError) throw error;
  return error.code;
}

function busy(us: number): void {
  const end = performance.now() + us / 1000;
  while (performance.now() < end);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

// On two busy processors it takes two minutes.
it(`${CALLS} calls, each with an interrupt at a random moment`, async () => {
  const pick = random(20251);
  const all = kinds();
  const before = { open: new OpenDescriptors(), ops: native.counts().ops };
  const outcomes: Record<string, number> = {};
  const count = (outcome: string): void => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const reported: Record<string, number> = {};
  const wrong: unknown[] = [];
  let settled = 0;
  let reports = 0;

  const end = (ops: readonly PendingOp[]): Promise<void> =>
    interrupt(ops, { grace: 60_000 }).then((list) => {
      for (const { outcome } of list) {
        reports++;
        reported[outcome] = (reported[outcome] ?? 0) + 1;
      }
    });

  /** Starts a call, and returns its op. */
  function start(): [Promise<void>, PendingOp] {
    const [call, isRight, forever] = all[Math.floor(pick() * all.length)] as (typeof all)[number];
    let times = 0;
    const done = call().then(
      (value) => {
        settled++;
        if (++times !== 1 || forever || !isRight(value)) wrong.push(value);
        count('completed');
      },
      (error: unknown) => {
        settled++;
        if (++times !== 1 || !(error instanceof InterruptError)) wrong.push(error);
        else count(error.outcome);
      },
    );
    return [done, listPending().at(-1) as PendingOp];
  }

  const moments: (() => void | Promise<void>)[] = [
    () => undefined,
    () => Promise.resolve(),
    () => turn(),
    async () => {
      await Promise.resolve();
      busy(pick() * MOST_BUSY);
    },
    async () => {
      await Promise.resolve();
      await Promise.resolve();
      busy(pick() * 5);
    },
    async () => {
      await turn();
      busy(pick() * MOST_BUSY);
    },
  ];

  for (let done = 0; done < CALLS; ) {
    const waiting: Promise<void>[] = [];
    // Single calls, small groups and large ones meet idle workers, busy workers and a queue.
    const size = [1, 1, 2, 8, 64, BATCH][Math.floor(pick() * 6)] as number;
    for (let started = 0; started < BATCH && done < CALLS; ) {
      const ops: PendingOp[] = [];
      for (let i = 0; i < size && done < CALLS && started < BATCH; i++, done++, started++) {
        const [call, op] = start();
        waiting.push(call);
        ops.push(op);
      }
      const moment = moments[Math.floor(pick() * moments.length)] as () => void | Promise<void>;
      const wait = moment();
      if (wait !== undefined) await wait;
      waiting.push(end(ops));
    }
    await Promise.all(waiting);
    if (wrong.length > 0) break;
  }

  expect(wrong.slice(0, 5)).toEqual([]);
  expect(settled).toBe(CALLS);
  expect(reports).toBe(CALLS);
  const total = (counts: Record<string, number>): number =>
    Object.values(counts).reduce((sum, n) => sum + n, 0);
  expect(total(outcomes)).toBe(CALLS);
  expect(Object.keys(outcomes).sort()).toEqual(['cancelled', 'completed', 'interrupted']);
  // Every outcome has occurred.
  for (const n of Object.values(outcomes)) expect(n).toBeGreaterThan(CALLS / 200);
  expect(reported).toEqual(outcomes);

  expect(listPending()).toEqual([]);
  expect(before.open.more()).toEqual([]);
  // Waits until the queue is empty.
  await until(() => native.counts().queued === 0, 'an empty queue');
  // An environment keeps the memory of as many ops as were in flight at once.
  expect(native.counts().ops - before.ops).toBeLessThanOrEqual(2 * BATCH + 64);
  expect(readFileSync(folder('file'), 'latin1')).toBe(content);
  await idleWorkersLeave();
  await until(
    () => poolThreads().filter((thread) => thread.startsWith('pendingop ')).length <= 1,
    'no more threads than workers are left',
  );
}, 600_000);
