// 10,000 calls that block at once, each in a thread of its own: how much memory each takes, how long it takes to list
// them and to end all of them, and how stat of local files is affected. The calls are reads of FIFOs: unlike opens,
// they need no descriptor each.

import fs, { constants } from 'node:fs';
import { join } from 'node:path';
import { absoluteAtMost, atMost, judged, median, range, ratios } from './compare.mjs';
import { promiseSlice } from './loops.mjs';
import { memory, memoryOfEach, memoryRows } from './memory.mjs';
import { isBlocked, makeFifo, needProc, nextTurn } from './proc.mjs';
import { NotComparable, tableOf } from './subject.mjs';

const fifos = 100;

/** @typedef {import('./memory.mjs').Memory} Memory */
/** @typedef {{ memory: Memory, blockMs: number, firstListMs: number, listMs: number, endMs: number, idle: number[], busy: number[] }} Round */

/**
 * @param {import('./subject.mjs').Subject} subject
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function measureBlocked(subject, settings) {
  needProc();
  const table = tableOf(subject);
  const calls = settings.quick ? 2000 : 10_000;
  checkLimits(calls);
  table.configure({ maxThreads: calls + 64 });
  table.trackPending(true);
  const local = join(settings.folder, 'local');
  fs.writeFileSync(local, 'x');
  const handles = [];
  for (let i = 0; i < fifos; i++) {
    handles.push(await subject.fsp.open(makeFifo(join(settings.folder, `fifo-${i}`)), constants.O_RDWR));
  }
  const stat = () => subject.fsp.stat(local);
  await promiseSlice(stat, 1, 200);

  /** @type {Round[]} */
  const rounds = [];
  for (let i = 0; i < 3; i++) rounds.push(await oneRound({ table, handles, calls, stat }));
  table.trackPending(false);
  await Promise.all(handles.map((handle) => handle.close()));
  return rows(rounds, calls);
}

/** @param {number} calls */
function checkLimits(calls) {
  const limit = Number(fs.readFileSync('/proc/sys/kernel/threads-max', 'latin1'));
  const pids = Number(fs.readFileSync('/proc/sys/kernel/pid_max', 'latin1'));
  // A stack and its guard are one mapping each.
  const maps = Number(fs.readFileSync('/proc/sys/vm/max_map_count', 'latin1')) / 2;
  const most = Math.min(limit, pids, maps) - 1000;
  if (most < calls) throw new NotComparable(`this machine's limits allow about ${most} threads`);
}

/**
 * @param {{ table: typeof import('pendingop'), handles: import('node:fs/promises').FileHandle[], calls: number,
 *           stat: () => Promise<unknown> }} scene
 * @returns {Promise<Round>}
 */
async function oneRound({ table, handles, calls, stat }) {
  const byte = Buffer.alloc(1);
  const idle = await localLatency(stat);
  globalThis.gc?.();
  const before = memory();
  let rejected = 0;
  let outcomes = 0;
  let begin = performance.now();
  const promises = Array.from({ length: calls }, (_, i) =>
    handles[i % handles.length].read(byte, 0, 1, null).then(
      () => {
        throw new Error('a read came back by itself');
      },
      (/** @type {{ outcome?: string }} */ error) => {
        rejected++;
        if (error.outcome === 'interrupted') outcomes++;
      },
    ),
  );
  await untilAllBlocked(table, calls);
  const blockMs = performance.now() - begin;
  globalThis.gc?.();
  const after = memory();

  const listTimes = [];
  /** @type {import('pendingop').PendingOp[]} */
  let listed = [];
  for (let i = 0; i < 15; i++) {
    begin = performance.now();
    listed = table.listPending();
    listTimes.push(performance.now() - begin);
    if (listed.length !== calls) throw new Error(`listed ${listed.length} of ${calls}`);
    await nextTurn();
  }
  const busy = await localLatency(stat);

  begin = performance.now();
  // Long enough for every thread to leave its call. With the default grace the last ones would be abandoned.
  const reports = table.interrupt(listed, { grace: 10_000 });
  await Promise.all(promises);
  const endMs = performance.now() - begin;
  await reports;
  if (rejected !== calls || outcomes !== calls) {
    throw new Error(`${rejected} of ${calls} rejected, ${outcomes} as interrupted`);
  }
  const idleAgain = await localLatency(stat);
  return {
    memory: memoryOfEach(before, after, calls),
    blockMs,
    firstListMs: listTimes[0],
    listMs: median(listTimes),
    endMs,
    // The mean of the idle slices before and after the busy ones.
    idle: idle.map((value, i) => (value + idleAgain[i]) / 2),
    busy,
  };
}

/** Waits until every call is listed as running and the kernel has each of their threads asleep in it. */
async function untilAllBlocked(table, calls) {
  for (;;) {
    await nextTurn();
    const running = table.listPending({ state: 'running' });
    if (running.length === calls && running.every((op) => op.threadId > 0 && isBlocked(op.threadId))) return;
  }
}

/**
 * Returns the latency of one stat at a time, in µs, slice by slice.
 * @param {() => Promise<unknown>} stat
 */
async function localLatency(stat) {
  const slices = [];
  for (let i = 0; i < 5; i++) slices.push(1e6 / (await promiseSlice(stat, 1, 60)));
  return slices;
}

/** @param {Round[]} rounds @param {number} calls */
function rows(rounds, calls) {
  const [first] = rounds;
  const figure = `${calls.toLocaleString('en')} calls blocked`;
  const base = { against: '', theirs: null, ratio: null, target: null };
  const endMs = rounds.map((round) => round.endMs);
  const listMs = rounds.map((round) => round.listMs);
  const busy = rounds.flatMap((round) => round.busy);
  const idle = rounds.flatMap((round) => round.idle);
  return [
    ...memoryRows(figure, first.memory),
    judged({ ...base, figure: `${figure}: until all are in the kernel`, ours: first.blockMs, unit: 'ms' }),
    judged({
      ...base,
      figure: `${figure}: listPending()`,
      ours: median(listMs),
      unit: 'ms',
      target: absoluteAtMost(10),
      note: `the first ${first.firstListMs.toFixed(1)} ms`,
    }),
    judged({
      ...base,
      figure: `${figure}: all rejected after interrupt()`,
      ours: median(endMs),
      unit: 'ms',
      target: absoluteAtMost(500),
      note: range(endMs, 'ms'),
    }),
    judged({
      ...base,
      figure: `${figure}: latency of a local stat`,
      against: 'idle',
      ours: median(busy),
      theirs: median(idle),
      unit: 'µs',
      ratio: ratios(busy, idle),
      target: atMost(1.5),
    }),
  ];
}
