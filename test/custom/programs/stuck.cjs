// stuck HOW: ends with calls of all kinds in user code. exit: by process.exit(); natural: abandoned, by itself;
// throw: by an error that nobody catches.
'use strict';
const { po, attach, running } = require('./common.cjs');

const [how] = process.argv.slice(2);
const addon = attach('example');
const ring = addon.ringCreate();

(async () => {
  po.trackPending(true);
  const calls = [
    addon.deafWait(),
    addon.ringWait(ring, 'wake'),
    addon.ringWait(addon.ringCreate(), 'signal'),
    addon.countPrimes(Number.MAX_SAFE_INTEGER),
  ];
  const settled = Promise.allSettled(calls);
  await running(calls.length);
  if (how === 'exit') process.exit(7);
  if (how === 'throw') setImmediate(() => po.nothing());
  if (how !== 'natural') return;
  // Long enough for all but the deaf one to end, on a machine that has other things to do.
  await po.interrupt(po.listPending(), { grace: 1000 });
  const outcomes = (await settled).map(({ reason }) => reason.outcome);
  console.log(JSON.stringify(outcomes));
})();
