// The time from interrupt() to the rejected promise, for calls blocked in the kernel, compared with signal-baseline.c.

import { execFile, execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atMost, interleave, judged, median, ratios } from './compare.mjs';
import { isBlocked, makeFifo, needProc, nextTurn } from './proc.mjs';
import { NotComparable, tableOf } from './subject.mjs';

const run = promisify(execFile);

/**
 * @param {import('./subject.mjs').Subject} subject
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function compareInterrupt(subject, settings) {
  needProc();
  const table = tableOf(subject);
  const program = compileBaseline(settings.folder);
  const fifo = makeFifo(join(settings.folder, 'silent'));
  const samples = settings.quick ? 20 : 40;
  const rounds = settings.quick ? 5 : 15;
  // Opened for both: no read of it ever finds data or the end of the file.
  const handle = await subject.fsp.open(fifo, constants.O_RDWR);
  // Nobody ever opens this one for writing, so opening it for reading waits.
  const lonely = makeFifo(join(settings.folder, 'lonely'));
  const byte = Buffer.alloc(1);

  table.trackPending(true);
  const rows = [];
  for (const [fn, start, path] of /** @type {const} */ ([
    ['read', () => handle.read(byte, 0, 1, null), fifo],
    ['open', () => subject.fsp.open(lonely, 'r'), lonely],
  ])) {
    const [ours, joined, handedBack] = await interleave(
      [
        { name: 'ours', slice: () => interruptSlice(table, start, samples) },
        { name: 'join', slice: () => baselineSlice(program, path, fn, 'join', samples) },
        { name: 'handback', slice: () => baselineSlice(program, path, fn, 'handback', samples) },
      ],
      rounds,
    );
    const columns = { figure: `interrupt of a blocked ${fn}, to rejection`, unit: 'µs' };
    rows.push(
      judged({
        ...columns,
        against: 'C, kill + join',
        ours: median(ours),
        theirs: median(joined),
        ratio: ratios(ours, joined),
        target: atMost(3),
      }),
      judged({
        ...columns,
        against: 'C, kill + eventfd',
        ours: median(ours),
        theirs: median(handedBack),
        ratio: ratios(ours, handedBack),
        target: null,
      }),
    );
  }
  table.trackPending(false);
  await handle.close();
  return rows;
}

/** @param {string} folder */
function compileBaseline(folder) {
  const program = join(folder, 'signal-baseline');
  const source = fileURLToPath(new URL('signal-baseline.c', import.meta.url));
  try {
    execFileSync(process.env.CC || 'cc', ['-O2', '-pthread', source, '-o', program]);
  } catch (error) {
    throw new NotComparable(`the C program did not build: ${error instanceof Error ? error.message : error}`);
  }
  return program;
}

/**
 * @param {typeof import('pendingop')} table
 * @param {() => Promise<unknown>} start
 * @param {number} samples
 * @returns {Promise<number>} the median, in µs
 */
async function interruptSlice(table, start, samples) {
  const times = [];
  for (let i = 0; i < samples; i++) {
    const rejected = start().then(
      () => {
        throw new Error('the call was to block');
      },
      () => performance.now(),
    );
    const op = await untilBlocked(table);
    const begin = performance.now();
    const reports = table.interrupt(op);
    times.push(((await rejected) - begin) * 1000);
    const [{ outcome }] = await reports;
    if (outcome !== 'interrupted') throw new Error(`outcome ${outcome}`);
  }
  return median(times);
}

/** @param {typeof import('pendingop')} table */
async function untilBlocked(table) {
  for (;;) {
    await nextTurn();
    const [op] = table.listPending({ state: 'running' });
    if (op && op.threadId > 0 && isBlocked(op.threadId)) return op;
  }
}

/**
 * @param {string} program
 * @param {string} fifo
 * @param {string} call
 * @param {string} wait
 * @param {number} samples
 * @returns {Promise<number>} the median, in µs
 */
async function baselineSlice(program, fifo, call, wait, samples) {
  const { stdout } = await run(program, [fifo, call, wait, String(samples)]);
  return median(stdout.trim().split('\n').map(Number)) / 1000;
}
