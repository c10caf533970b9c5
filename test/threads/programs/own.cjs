// own: each thread has its own table, settings and events, and all share one pool.
'use strict';
const { join } = require('node:path');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const po = require('../../../dist/index.js');
const fsp = require('../../../dist/fs/promises/index.js');
const { native } = require('../../../dist/engine/addon.js');
const { makeFolder } = require('./common.cjs');

const listed = async (count) => {
  while (po.listPending({ state: 'running' }).length !== count)
    await new Promise((resolve) => setImmediate(resolve));
};

async function worker({ folder, count }) {
  po.trackPending(true);
  let events = 0;
  po.onPending(({ type }) => {
    if (type === 'start') events++;
  });
  const failures = Array.from({ length: count }, () =>
    fsp.open(join(folder, 'unopened')).catch((error) => error.outcome),
  );
  await listed(count);
  parentPort.postMessage('stuck');
  await new Promise((resolve) => parentPort.once('message', resolve));
  const mine = po.listPending().length;
  await po.interruptUnder(folder);
  parentPort.postMessage({
    mine,
    events,
    outcomes: await Promise.all(failures),
    left: po.listPending().length,
  });
}

async function main() {
  const folder = makeFolder();
  const heard = (thread) =>
    new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject));
  const counts = [1, 5, 20];
  const threads = counts.map((count) => new Worker(__filename, { workerData: { folder, count } }));
  await Promise.all(threads.map(heard));
  po.trackPending(true);
  const own = fsp.open(join(folder, 'unopened')).catch((error) => error.outcome);
  await listed(1);
  const workers = native.counts().workers;
  await po.interruptUnder('/');
  const main = { mine: 1, outcome: await own };
  const found = [];
  // The threads end one after the other. The end of one does not end the calls of another.
  for (const thread of threads) {
    const answer = heard(thread);
    thread.postMessage('end');
    found.push(await answer);
  }
  console.log(JSON.stringify({ workers, main, found }));
}

if (isMainThread) main();
else worker(workerData);
