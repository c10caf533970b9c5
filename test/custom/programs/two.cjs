// Two environments, one addon: each has calls in flight at the same time, and interrupts its own. Prints what each has
// seen.
'use strict';
const { isMainThread, parentPort, Worker } = require('node:worker_threads');
const { po, attach, running } = require('./common.cjs');

const probe = attach('probe');
po.trackPending(true);

async function callsOfMine(name) {
  const polls = Array.from({ length: 3 }, () => probe.run({ fn: name, does: 'poll' }));
  const told = probe.run({ fn: name, does: 'until-told', unblocks: 'tell', result: -5 });
  const outcomes = Promise.all([...polls, told].map((call) => call.catch(({ outcome }) => outcome)));
  await running(4);
  return async () => {
    const listed = [...new Set(po.listPending().map((op) => op.fn()))];
    await po.interrupt(po.listPending(), { grace: 60_000 });
    const made = await probe.run({ fn: name, completes: 'text' });
    return { listed, outcomes: await outcomes, made };
  };
}

async function main() {
  const end = await callsOfMine('main');
  const worker = new Worker(__filename);
  const next = () => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await next();
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  const answer = next();
  worker.postMessage('end');
  const [here, there] = [await end(), await answer];
  await ended;
  console.log(JSON.stringify({ here, there, live: probe.counts().live }));
}

async function inThread() {
  const end = await callsOfMine('thread');
  parentPort.once('message', async () => parentPort.postMessage(await end()));
  parentPort.postMessage('ready');
}

void (isMainThread ? main() : inThread());
