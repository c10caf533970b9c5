// first: the first thread that loads the addon is a worker thread, which ends. Then another one loads it, then the main
// thread.
'use strict';
const { join } = require('node:path');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { makeFolder } = require('./common.cjs');

const load = () => ({
  po: require('../../../dist/index.js'),
  fsp: require('../../../dist/fs/promises/index.js'),
  native: require('../../../dist/engine/addon.js').native,
});

async function interrupted(folder) {
  const { po, fsp, native } = load();
  po.trackPending(true);
  const failure = fsp.open(join(folder, 'unopened')).catch((error) => error.outcome);
  while (po.listPending({ state: 'running' }).length === 0)
    await new Promise((resolve) => setImmediate(resolve));
  await po.interrupt(po.listPending());
  const outcome = await failure;
  po.trackPending(false);
  return { outcome, signal: native.counts().signal };
}

async function main() {
  const folder = makeFolder();
  const found = [];
  for (let i = 0; i < 3; i++) {
    const thread = new Worker(__filename, { workerData: folder });
    thread.once('message', (message) => found.push(message));
    await new Promise((resolve, reject) => thread.once('exit', resolve).once('error', reject));
  }
  found.push(await interrupted(folder));
  console.log(JSON.stringify(found));
}

if (isMainThread) main();
else interrupted(workerData).then((found) => parentPort.postMessage(found));
