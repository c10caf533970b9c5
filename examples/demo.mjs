// npm run demo: makes a few dozen calls on FIFOs, a locked file and a mount that stall, while other calls work on
// local files. Lists the pending calls; interrupts one call, those of one handle, and those of a whole subtree. Shows
// what becomes of the same calls with plain fs.promises.

import { relative } from 'node:path';
import * as pendingop from 'pendingop';
import * as fsp from 'pendingop/fs/promises';
import { openHandles, startStalledCalls } from './demo/calls.mjs';
import { startHealthyWork } from './demo/healthy.mjs';
import { PlainSide } from './demo/plain-side.mjs';
import { bold, dim, green, heading, milliseconds, note, red, table, yellow } from './demo/print.mjs';
import { makeScene } from './demo/scene.mjs';

/** @typedef {import('pendingop').PendingOp} PendingOp */
/** @typedef {{ fn: string, path: string, outcome: string, code: string, ms: number }} Fate */

// process.exit() runs the clean-up, so Ctrl-C calls it as well.
for (const [signal, status] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])) {
  process.once(signal, () => process.exit(status));
}
// The demo ends by itself, unless something keeps it alive.
setTimeout(() => {
  console.error('the demo is not done after 20 s');
  process.exit(1);
}, 20_000).unref();

const scene = await makeScene();
const { places } = scene;
const plainSide = new PlainSide();
process.once('exit', () => plainSide.kill());

/** When and how each call ended, by the id of its op. @type {Map<number, { at: number, code: string }>} */
const ends = new Map();

try {
  await demo();
} finally {
  plainSide.kill();
  await scene.endMount();
}

async function demo() {
  heading('What stalls');
  note('lonely-fifo: nobody writes to it, so opening it to read waits');
  note('silent-fifo: open, and nothing ever comes, so reading it waits');
  if (scene.mount) {
    note('mount/slow: FUSE, the daemon answers nothing, but lets go of a request when the kernel asks it to');
    note('mount/dead: FUSE, the daemon has read the request and is deaf to everything after that');
  } else {
    note(yellow(`no FUSE mount: ${scene.noMount}`));
  }
  if (scene.noLock) note(yellow(`no held lock: ${scene.noLock}`));
  else note('locked-file: somebody holds a lease on it, so opening it waits');

  pendingop.trackPending(true);
  await plainSide.prepare(places);
  const handles = await openHandles(fsp, places);
  await scene.hang();
  const plain = plainSide.run();
  plain.catch(() => {});

  const healthy = startHealthyWork(fsp, places.locals);
  const calls = startStalledCalls(fsp, places, handles).map(remember);
  await untilAllRun(calls.length);

  heading(`listPending(): ${calls.length} calls wait in the kernel`);
  printPending(stalledOps());

  const [one] = pendingop.listPending({ under: places.lonelyFifo, fn: 'open' });
  heading(`interrupt(op): one call, ${one.fn()} of ${name(one)}`);
  printFates(await fatesOf(() => pendingop.interrupt(one)));

  const handle = /** @type {import('pendingop/fs/promises').FileHandle} */ (handles.file ?? handles.fifo);
  const own = handle.listPending();
  heading(`interrupt(handle.listPending()): the ${own.length} calls on one handle`);
  printFates(await fatesOf(() => pendingop.interrupt(own)));

  heading(`interruptUnder('stalled'): everything below the stalled folder`);
  printFates(await fatesOf(() => pendingop.interruptUnder(places.stalled)));
  await Promise.all(calls);

  await letGo(handles);
  await healthy.stop();
  heading('The local files, all the while');
  note(`${healthy.calls} calls, the slowest ${green(milliseconds(healthy.worstMs))} (${healthy.worst})`);

  printPlain(await plain);
  pendingop.trackPending(false);
}

/** @param {Promise<unknown>} call @returns {Promise<void>} */
function remember(call) {
  return call.then(
    () => {
      throw new Error('a call that was to stall came back by itself');
    },
    (error) => {
      if (!error.op) throw error;
      ends.set(error.op.id, { at: performance.now(), code: error.code });
    },
  );
}

/** The calls that stall, without those on local files. */
function stalledOps() {
  return pendingop.listPending({ under: places.stalled });
}

/** @param {number} count */
async function untilAllRun(count) {
  const deadline = performance.now() + 5000;
  for (;;) {
    const running = stalledOps().filter((op) => op.state === 'running' && op.threadId > 0);
    // After 50 ms each call is in the kernel, and has an age to show.
    if (running.length === count && running.every((op) => op.runningMs > 50)) return;
    if (performance.now() > deadline) throw new Error(`only ${running.length} of ${count} calls are running`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** @param {() => Promise<import('pendingop').InterruptReport[]>} interrupt @returns {Promise<Fate[]>} */
async function fatesOf(interrupt) {
  const begin = performance.now();
  const reports = await interrupt();
  // A promise rejects no later than its report; this lets the handlers that note it run.
  await new Promise((resolve) => setImmediate(resolve));
  return reports.map(({ op, outcome }) => {
    const end = ends.get(op.id);
    if (!end) throw new Error(`reported as ${outcome}, yet its promise has not settled: ${op}`);
    return { fn: op.fn(), path: name(op), outcome, code: end.code, ms: end.at - begin };
  });
}

/**
 * Shows the calls that the kernel still holds after the interrupts, and ends them.
 * @param {import('./demo/calls.mjs').Handles} handles
 */
async function letGo(handles) {
  await scene.mount?.tell('normal');
  await readOnce(handles);
  await Promise.all([handles.fifo.close(), handles.file?.close()]);
  const abandoned = stalledOps();
  if (abandoned.length === 0) return;
  heading(
    `Still listed: ${abandoned.length} abandoned calls. Their callers are free; the kernel holds the threads`,
  );
  printPending(abandoned);
  const begin = performance.now();
  await scene.endMount();
  while (stalledOps().length > 0) {
    if (performance.now() - begin > 3000) throw new Error('the kernel did not let go');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  note(
    `the daemon is ended, the mount with it: table empty after ${milliseconds(performance.now() - begin)}`,
  );
}

/** Reads from the handle whose calls were interrupted. @param {import('./demo/calls.mjs').Handles} handles */
async function readOnce({ file, fifo }) {
  if (!file) await fifo.write('some bytes at last');
  const { bytesRead } = await (file ?? fifo).read(Buffer.alloc(4096), 0, 4096, file ? 0 : null);
  heading('The handle whose calls were interrupted');
  note(`${file ? 'with the daemon answering again' : 'written to'}, a read of it gives ${bytesRead} bytes`);
}

/** @param {PendingOp[]} ops */
function printPending(ops) {
  const columns = [
    { head: 'fn', paint: bold },
    { head: 'path', stretch: true },
    { head: 'state', paint: yellow },
    { head: 'in call' },
    { head: 'age', right: true },
    { head: 'thread', right: true },
    { head: 'mount', paint: dim },
  ];
  table(
    columns,
    ops.map((op) => [
      op.fn(),
      name(op),
      op.state,
      op.call,
      milliseconds(op.queuedMs + op.runningMs),
      String(op.threadId),
      op.mount.startsWith(places.stalled) ? relative(places.stalled, op.mount) : op.mount || '-',
    ]),
  );
}

/** @param {Fate[]} fates */
function printFates(fates) {
  table(
    [
      { head: 'fn', paint: bold },
      { head: 'path', stretch: true },
      { head: 'outcome', paint: (text) => (text.startsWith('abandoned') ? yellow : green)(text) },
      { head: 'code' },
      { head: 'rejected after', right: true },
    ],
    fates.map(({ fn, path, outcome, code, ms }) => [fn, path, outcome, code, milliseconds(ms)]),
  );
}

/** @param {import('./demo/plain-side.mjs').PlainOutcome} plain */
function printPlain(plain) {
  heading('The same calls with plain fs.promises, in a process of their own');
  note(`${plain.calls} calls, ${plain.settled} settled; no list of them, and nothing to end one with`);
  const local = milliseconds(plain.localMs);
  note(plain.localHangs ? red(`a local stat: not back after ${local}`) : `a local stat: back after ${local}`);
  const exit = milliseconds(plain.exitMs);
  note(
    plain.exitHangs
      ? red(`process.exit(0): still there after ${exit}, killed`)
      : `process.exit(0): gone after ${exit}`,
  );
}

/** @param {PendingOp} op */
function name(op) {
  return relative(places.stalled, op.pathname());
}
