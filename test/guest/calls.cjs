// Every call, stuck, ended in every way; then the stall ends.
'use strict';
const { interrupt, interruptUnder, listPending } = require('pendingop');
const { tryLock } = require('pendingop/lock');
const { calls, expected, mayHaveTakenEffect, stalls, ways } = require('./cases.cjs');
const { GRACE, LATE, Place, Started } = require('./place.cjs');
const { check, say, test, until, within } = require('./tools.cjs');

const REASON = new Error('the test ends it');
/**
 * For those ended by a timeout of their own: so many times as long as the others took to be stuck, ms at the least, and
 * ms between one and the next.
 */
const TIMES = 4;
const TIMEOUT = 600;
const BETWEEN = 100;
/** ms of the grace that are the signal's: binding/core/supervisor.cc. */
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

/** Ends it; the reports that came back, and the moment of the interrupt. */
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
  // A signal that has not done it by then, on a busy machine, is followed by a kill.
  const late = wanted === 'interrupted' && outcome === 'killed' && ms >= FOR_SIGNAL;
  check(outcome === wanted || late, `${outcome}, not ${wanted}, after ${Math.round(ms)} ms`);
  check(
    error.mayHaveTakenEffect === mayHaveTakenEffect(call, outcome),
    `mayHaveTakenEffect: ${error.mayHaveTakenEffect}`,
  );
  const { got = 0 } = calls[call];
  const { bytesDone } = error;
  // More may have been read ahead: whole pages.
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

/** The lock that was waited for can be had by somebody else, while the handle it was for is still open. */
async function free({ at }) {
  const held = await until(() => tryLock(`${at}/file`), 'free');
  await held.release();
}

/** Those of one call together; and all that only the end of its grace frees. */
async function judge(stall, cells) {
  const all = (some) =>
    Promise.all(some.map((cell) => test(`${stall}: ${cell.call}, ${cell.way}`, () => verdict(stall, cell))));
  const isSlow = ({ call, way }) => way === 'timeout' || expected(stall, call) === 'abandoned';
  const slow = all(cells.filter(isSlow));
  for (const call of new Set(cells.map((cell) => cell.call)))
    await all(cells.filter((cell) => cell.call === call && !isSlow(cell)));
  await slow;
}

/** These calls, in every way, under one stall. */
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

/** For people: what each call was stuck in. */
function systemCalls() {
  const seen = new Map();
  for (const op of listPending()) if (op.call !== '') seen.set(op.fn(), op.call);
  return [...seen].map(([fn, call]) => `${call} (${fn})`).join(', ');
}

module.exports = main;
