// Calls that only a kill ends, on a FUSE file system whose daemon reads nothing: how long a kill takes, one at a time
// and of 10,000, and how much memory each of those calls takes while it is stuck.

import { join } from 'node:path';
import { absoluteAtMost, judged, median, range } from './compare.mjs';
import { untilRunning } from './lanes.mjs';
import { memory, memoryOfEach, memoryRows } from './memory.mjs';
import { isAsleep, nextTurn } from './proc.mjs';
import { mountStall } from './stall-mount.mjs';
import { tableOf } from './subject.mjs';

/** Long enough for every task to end. With the default grace the last ones would be abandoned. */
const grace = 1000;
/** The worker is killed after the signal's share of the grace. */
const signalShare = grace / 8;

/**
 * @param {import('./subject.mjs').Subject} subject
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function measureKills(subject, settings) {
  const table = tableOf(subject);
  const calls = settings.quick ? 2000 : 10_000;
  // Killed calls count as stuck as well, and no call comes back here: above the limit, new calls would fail at once.
  table.configure({ maxStuckPerMount: 4 * calls, maxThreads: 2 * calls });
  table.trackPending(true);
  const mount = await mountStall();
  try {
    await mount.tell('deaf');
    const scene = { table, subject, path: mount.path };
    const single = await killOneByOne(scene, settings.quick ? 20 : 100);
    const rounds = [];
    for (let i = 0; i < 3; i++) rounds.push(await killMany(scene, calls, i));
    return rows(single, rounds, calls);
  } finally {
    table.trackPending(false);
    await mount.end();
  }
}

/**
 * @typedef {{ table: typeof import('pendingop'), subject: import('./subject.mjs').Subject, path: string }} Scene
 * @typedef {{ memory: import('./memory.mjs').Memory, endMs: number }} Round
 */

/** @param {Scene} scene @param {number} samples @returns {Promise<number[]>} ms beyond the signal's share */
async function killOneByOne({ table, subject, path }, samples) {
  const times = [];
  for (let i = -10; i < samples; i++) {
    const rejected = subject.fsp.stat(join(path, `one-${i}`)).then(
      () => {
        throw new Error('the call was to block');
      },
      () => performance.now(),
    );
    const op = await untilAsleep(table);
    const begin = performance.now();
    const reports = table.interrupt([op], { grace });
    const ms = (await rejected) - begin - signalShare;
    const [{ outcome }] = await reports;
    if (outcome !== 'killed') throw new Error(`outcome ${outcome}`);
    if (i >= 0) times.push(ms);
  }
  return times;
}

/** @param {typeof import('pendingop')} table */
async function untilAsleep(table) {
  for (;;) {
    await nextTurn();
    const [op] = table.listPending({ state: 'running' });
    if (op && op.threadId > 0 && isAsleep(op.threadId)) return op;
  }
}

/** @param {Scene} scene @param {number} calls @param {number} round @returns {Promise<Round>} */
async function killMany({ table, subject, path }, calls, round) {
  globalThis.gc?.();
  const before = memory();
  /** @type {Record<string, number>} */
  const outcomes = {};
  const promises = Array.from({ length: calls }, (_, i) =>
    subject.fsp.stat(join(path, `${round}-${i}`)).catch(({ outcome }) => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }),
  );
  await untilRunning(table, path, calls);
  globalThis.gc?.();
  const after = memory();
  const listed = table.listPending();
  const begin = performance.now();
  const reports = table.interrupt(listed, { grace });
  await Promise.all(promises);
  const endMs = performance.now() - begin;
  await reports;
  if (outcomes.killed !== calls) throw new Error(`of ${calls} calls: ${JSON.stringify(outcomes)}`);
  return { endMs, memory: memoryOfEach(before, after, calls) };
}

/** @param {number[]} single @param {Round[]} rounds @param {number} calls */
function rows(single, rounds, calls) {
  const base = { against: '', theirs: null, ratio: null, target: null };
  const figure = `${calls.toLocaleString('en')} calls to be killed`;
  const [first] = rounds;
  const endMs = rounds.map((round) => round.endMs);
  const singleUs = single.map((ms) => ms * 1000);
  return [
    judged({
      ...base,
      figure: 'a kill, to rejection, beyond the signal’s share of the grace',
      ours: median(singleUs),
      unit: 'µs',
      target: absoluteAtMost(1000),
      note: range(singleUs, 'µs'),
    }),
    judged({
      ...base,
      figure: `${figure}: all rejected after interrupt(), the signal’s ${signalShare} ms included`,
      ours: median(endMs),
      unit: 'ms',
      target: absoluteAtMost(500),
      note: range(endMs, 'ms'),
    }),
    ...memoryRows(figure, first.memory),
  ];
}
