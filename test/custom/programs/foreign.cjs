// An addon that has kept the table of the thread that loaded it first, and uses it in another.
'use strict';
const { isMainThread, parentPort, Worker } = require('node:worker_threads');
const { attach } = require('./common.cjs');

async function inThread() {
  const probe = attach('probe');
  const said = {};
  try {
    await probe.run({ fn: 'foreign', table: 'first' });
  } catch ({ code, message }) {
    Object.assign(said, { code, message });
  }
  said.own = await probe.run({ fn: 'own', result: 3 });
  parentPort.postMessage(said);
}

async function main() {
  const probe = attach('probe');
  const worker = new Worker(__filename);
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  const said = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await ended;
  said.main = await probe.run({ fn: 'main', table: 'first', result: 4 });
  said.live = probe.counts().live;
  console.log(JSON.stringify(said));
}

void (isMainThread ? main() : inThread());
