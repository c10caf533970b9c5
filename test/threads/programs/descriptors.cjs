// descriptors CASE: a worker thread ends, and its descriptors are closed, but never those of another thread. cancelled:
// its open was taken out of the queue and has no descriptor. closeSync: it has closed a folder with Node's closeSync(),
// and the main thread has the number now. own: it has closed nothing.
'use strict';
const fs = require('node:fs');
const { join } = require('node:path');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const po = require('../../../dist/index.js');
const fsp = require('../../../dist/fs/promises/index.js');
const { native } = require('../../../dist/engine/addon.js');
const { makeFolder, openOn, until } = require('./common.cjs');

const listed = async (state) => {
  while (po.listPending({ state }).length !== 1) await new Promise((resolve) => setImmediate(resolve));
};

const numberOn = (path) =>
  fs
    .readdirSync('/proc/self/fd')
    .map(Number)
    .find((fd) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${fd}`) === path;
      } catch {
        return false; // the descriptor of the listing itself
      }
    });

async function worker({ how, folder }) {
  switch (how) {
    case 'cancelled': {
      po.trackPending(true);
      fsp.open(join(folder, 'unopened')).catch(() => undefined);
      await listed('running');
      const aborter = new AbortController();
      const failure = fsp
        .open(join(folder, 'file'), 'r', undefined, { signal: aborter.signal })
        .catch((error) => error.outcome ?? error.cause?.outcome ?? error.name);
      await listed('queued');
      aborter.abort();
      return failure;
    }
    case 'closeSync': {
      const dir = await fsp.opendir(folder);
      const fd = numberOn(folder);
      dir.closeSync();
      return fd;
    }
    default:
      return (await fsp.open(join(folder, 'file'))).fd;
  }
}

async function main(how) {
  const folder = makeFolder();
  const { ino } = fs.fstatSync(0);
  if (how === 'cancelled') po.configure({ maxThreads: 1 });
  // Node also counts descriptors in a worker thread, and warns if one is closed that it has not opened.
  const thread = new Worker(__filename, { workerData: { how, folder } });
  const ended = new Promise((resolve, reject) => thread.once('exit', resolve).once('error', reject));
  const answer = await new Promise((resolve) => thread.once('message', resolve));
  const own = Array.from({ length: 8 }, () => fs.openSync(join(folder, 'file')));
  thread.postMessage('end');
  await ended;
  // By now everything is closed that the thread has left open.
  await until(() => native.counts().ops === 0, 'all ops are back');
  const left = openOn(folder).length;
  const input = fs.fstatSync(0).ino === ino;
  console.log(JSON.stringify({ answer, reused: own.includes(answer), left, input }));
}

if (isMainThread) {
  main(process.argv[2]);
} else {
  parentPort.once('message', () => process.exit());
  worker(workerData).then((answer) => parentPort.postMessage(answer));
}
