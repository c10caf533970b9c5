// Has every call get stuck, ends each in every way, and then ends the stall.
'use strict';
const { interrupt, interruptUnder, listPending } = require('pendingop');
const { tryLock } = require('pendingop/lock');
const { calls, expected, mayHaveTakenEffect, stalls, ways } = require('./cases.cjs');
const { GRACE, LATE, Place, Started } = require('./place.cjs');
const { check, say, test, until, within } = require('./tools.cjs');

const REASON = new Error('the test ends it');
/**
 * For calls that a timeout ends: the timeout as a multiple of the time that the other calls needed to get stuck, the
 * least timeout in ms, and the ms between one timeout and the next.
 */
const TIMES = 4;
const TIMEOUT = 600;
const BETWEEN = 100;
/** ms of the grace in which a signal alone is tried: binding/core/supervisor.cc. */
const FOR_SIGNAL = 500;
const ERRORS = {
  interrupt: ['InterruptError', 'EINTR'],
  interruptUnder: ['InterruptError', 'EINTR'],
  signal: ['AbortError', 'ABORT_ERR'],
  timeout: ['TimeoutError', 'ETIMEDOUT'],
};

function begin(cell) {
  const { call, way, place, timeout } = cell;
  const options = {};
  if (way === 'signal') {
    cell.controller = new AbortController();
    options.signal = cell.controller.signal;
  }
  if (way === 'timeout') options.timeout = timeout;
  cell.began = performance.now();
  cell.started = new Started(`${cell.name} ${way}`, calls[call].start(place, options));
}

/** Ends the call. Returns the reports, and the moment of the interrupt. */
async function end({ way, controller, began, place, timeout }) {
  let at = performance.now();
  switch (way) {
    case 'interrupt':
      return { at, reports: await interrupt(listPending({ under: place.at }), { reason: REASON }) };
    case 'interruptUnder':
      return { at, reports: await interruptUnder(place.at, { reason: REASON }) };
    case 'signal':
      controller.abort(REASON);
      break;
    default:
      at = began + timeout;
  }
  return { at, reports: [] };
}

async function verdict(stall, cell) {
  const { call, way, started } = cell;
  const { at, reports } = await within(end(cell), 'the report');
  await within(started.settled, 'the end of the call');
  const ms = started.at - at;
  const { error } = started;
  check(error !== undefined, 'the call succeeded');
  const { name, code, errno, outcome } = error;
  check(name === ERRORS[way][0] && code === ERRORS[way][1], `rejected with ${error.stack}`);
  check(Math.abs(errno) < 512, `errno ${errno}`);
  const wanted = expected(stall, call);
  // If the signal has had no effect by then, as on a busy machine, a kill follows.
  const late = wanted === 'interrupted' && outcome === 'killed' && ms >= FOR_SIGNAL;
  check(outcome === wanted || late, `${outcome}, not ${wanted}, after ${Math.round(ms)} ms`);
  check(
    error.mayHaveTakenEffect === mayHaveTakenEffect(call, outcome),
    `mayHaveTakenEffect: ${error.mayHaveTakenEffect}`,
  );
  const { got = 0 } = calls[call];
  const { bytesDone } = error;
  // More may have been read ahead, in whole pages.
  check(got === 0 ? bytesDone === 0 : bytesDone >= got && bytesDone % 4096 === 0, `bytesDone: ${bytesDone}`);
  if (way !== 'timeout') check(error.cause === REASON, `cause: ${error.cause}`);
  const told = reports.map((report) => report.outcome);
  check(
    told.every((one) => one === outcome),
    `reported as ${told}, rejected as ${outcome}`,
  );
  check(ms < GRACE + LATE, `free after ${Math.round(ms)} ms, with a grace of ${GRACE}`);
  return { cell: { stall, call, outcome }, ms };
}

/** Another handle gets the lock that the ended call waited for, while the call's own handle is still open. */
async function free({ at }) {
  const held = await until(() => tryLock(`${at}/file`), 'free');
  await held.release();
}

/** Judges the ways to end one call together, and beside them all calls that only the end of their grace frees. */
async function judge(stall, cells) {
  const all = (some) =>
    Promise.all(some.map((cell) => test(`${stall}: ${cell.call}, ${cell.way}`, () => verdict(stall, cell))));
  const isSlow = ({ call, way }) => way === 'timeout' || expected(stall, call) === 'abandoned';
  const slow = all(cells.filter(isSlow));
  for (const call of new Set(cells.map((cell) => cell.call)))
    await all(cells.filter((cell) => cell.call === call && !isSlow(cell)));
  await slow;
}

/** Tries the calls in every way under one stall. */
async function round(stall, place, names) {
  const cells = [];
  for (const call of names) {
    for (const way of calls[call].ways ?? ways) {
      const cell = { call, way, name: `${call}-${way}` };
      cell.place = await place.prepare(cell.name, calls[call]);
      cells.push(cell);
    }
  }
  await place.begin();
  for (const { call, place: prepared } of cells) await place.prepareStalled(prepared, calls[call]);

  const untimed = cells.filter(({ way }) => way !== 'timeout');
  const start = performance.now();
  untimed.forEach(begin);
  await place.stuck(untimed.map(({ started }) => started));
  const timeout = Math.max(TIMEOUT, TIMES * (performance.now() - start));
  say({ note: `${stall}: in ${systemCalls()}` });
  const timed = cells.filter(({ way }) => way === 'timeout');
  for (const [i, cell] of timed.entries()) {
    cell.timeout = Math.round(timeout) + BETWEEN * i;
    begin(cell);
  }
  await judge(stall, cells);

  await test(`${stall}: ${names.join(', ')}: let go of`, async () => {
    await place.end();
    for (const { call, place: prepared } of cells)
      if (calls[call].locks) await within(free(prepared), 'a lock that nobody has');
    for (const { place: prepared } of cells)
      if (prepared.handle?.fd >= 0) await within(prepared.handle.close(), 'close');
    await place.released();
    for (const { place: prepared } of cells) place.checkWritten(prepared);
  });
}

async function main(stall, name) {
  const place = await Place.make(stall, name);
  const { untried = [] } = stalls[stall];
  const names = Object.keys(calls).filter((call) => !untried.includes(call));
  const { atOnce = names.length } = stalls[stall];
  while (names.length > 0) await round(stall, place, names.splice(0, atOnce));
  await test(`${stall}: the mount works again`, () => place.works());
}

/** Prints for people what each call was stuck in. */
function systemCalls() {
  const seen = new Map();
  for (const op of listPending()) if (op.call !== '') seen.set(op.fn(), op.call);
  return [...seen].map(([fn, call]) => `${call} (${fn})`).join(', ');
}

module.exports = main;
