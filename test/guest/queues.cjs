// Calls that wait behind a stuck one. They are ended and judged together.
'use strict';
const { interruptUnder, listPending } = require('pendingop');
const { queues, queueOutcome } = require('./cases.cjs');
const { GRACE, LATE, Place, Started } = require('./place.cjs');
const { check, test, within } = require('./tools.cjs');

const LONG_GRACE = 3_600_000;

async function verdict(stall, queue, place, queued) {
  const all = [];
  const begin = (start) => all.push(new Started(queue, start(queued)));
  begin(queues[queue].front);
  await place.stuck(all, queued.at);
  queues[queue].behind.forEach(begin);
  await place.stuck(all, queued.at);
  const at = performance.now();
  // The signal's share of a long grace is limited, so a kill comes no later than this.
  const grace = queueOutcome(stall, queue) === 'killed' ? LONG_GRACE : GRACE;
  const reports = await within(interruptUnder(queued.at, { grace }), 'the reports');
  await within(Promise.all(all.map(({ settled }) => settled)), 'the ends of the calls');
  const ms = Math.max(...all.map((one) => one.at)) - at;
  const wanted = queueOutcome(stall, queue);
  const told = reports.map(({ outcome }) => outcome);
  check(told.length === all.length, `${told.length} reports of ${all.length} calls`);
  check(
    told.every((outcome) => outcome === wanted),
    `reported as ${told}, not ${wanted}, after ${Math.round(ms)} ms`,
  );
  const got = all.map(({ error }) => error?.outcome ?? 'none');
  check(
    got.every((outcome) => outcome === wanted),
    `rejected as ${got}, not ${wanted}`,
  );
  check(ms < GRACE + LATE, `free after ${Math.round(ms)} ms, with a grace of ${grace}`);
  const left = listPending({ under: queued.at });
  check(left.length === (wanted === 'abandoned' ? all.length : 0), `left in the table: ${left.join('; ')}`);
  return { cell: { stall, queue, outcome: wanted }, ms };
}

async function main(stall, name) {
  const place = await Place.make(stall, name);
  const queued = {};
  let number = 0;
  for (const [queue, how] of Object.entries(queues))
    queued[queue] = await place.prepare(`queue-${number++}`, how);
  await place.begin();
  for (const queue of Object.keys(queues))
    await test(`${stall}: ${queue}`, () => verdict(stall, queue, place, queued[queue]));
  await test(`${stall}: everything behind another is let go of`, async () => {
    await place.end();
    for (const { handle } of Object.values(queued)) if (handle) await within(handle.close(), 'close');
    await place.released();
  });
}

module.exports = main;
