// Threads that are terminated, or end, with calls in the code of an addon that nobody but they have loaded.
'use strict';
const { readFileSync } = require('node:fs');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { po, attach, running } = require('./common.cjs');

const rounds = 5;
const until = async (condition) => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};
const mapped = () => readFileSync('/proc/self/maps', 'latin1').includes('thread.node');

async function inThread() {
  const probe = attach('thread');
  po.trackPending(true);
  const calls = [
    probe.run({ fn: 'go', does: 'until-go' }),
    probe.run({ fn: 'poll', does: 'poll' }),
    probe.run({ fn: 'told', does: 'until-told', unblocks: 'tell' }),
  ];
  for (const call of calls) call.catch(() => undefined);
  await running(calls.length);
  await until(() => probe.counts().executed >= calls.length * (workerData.round + 1));
  parentPort.postMessage(probe.counts());
  if (workerData.how === 'exit') process.exit();
}

async function main() {
  const counts = [];
  for (let round = 0; round < rounds; round++) {
    const how = round % 2 === 0 ? 'terminate' : 'exit';
    const worker = new Worker(__filename, { workerData: { how, round } });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    if (how === 'terminate') await worker.terminate();
    await ended;
  }
  const kept = mapped();
  // What is left in it are the deaf ones, and their data.
  const probe = attach('thread');
  await until(() => probe.counts().live <= rounds);
  counts.push(probe.counts().live);
  probe.go(true);
  await until(() => probe.counts().live === 0);
  counts.push(probe.counts().live);
  console.log(JSON.stringify({ kept, counts }));
}

void (isMainThread ? main() : inThread());
