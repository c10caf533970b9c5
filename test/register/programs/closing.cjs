// closing.cjs: worker threads that open a descriptor with one of node:fs's functions and close it with another one. The
// main thread has the number then, and has it still when the worker has ended.
'use strict';
const fs = require('node:fs');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { native } = require('../../../dist/engine/addon.js');

const open = {
  sync: async () => fs.openSync('/dev/null', 'r'),
  callback: () =>
    new Promise((resolve, reject) =>
      fs.open('/dev/null', (error, fd) => (error ? reject(error) : resolve(fd))),
    ),
};
const close = {
  sync: async (fd) => fs.closeSync(fd),
  callback: (fd) =>
    new Promise((resolve, reject) => fs.close(fd, (error) => (error ? reject(error) : resolve()))),
  timeout: (fd) =>
    new Promise((resolve, reject) =>
      fs.close(fd, { timeout: 60_000 }, (error) => (error ? reject(error) : resolve())),
    ),
};

async function worker([opens, closes]) {
  const warnings = [];
  process.on('warning', ({ message }) => warnings.push(message));
  const fd = await open[opens]();
  await close[closes](fd);
  // A number that is nobody's: the second close fails as Node's does.
  const again = await close[closes](fd).catch(({ code, syscall }) => [code, syscall]);
  await new Promise((resolve) => setImmediate(resolve));
  parentPort.postMessage({ fd, again, warnings });
}

async function main(how) {
  const thread = new Worker(__filename, { workerData: how });
  const ended = new Promise((resolve, reject) => thread.once('exit', resolve).once('error', reject));
  const { fd, again, warnings } = await new Promise((resolve) => thread.once('message', resolve));
  const own = Array.from({ length: 8 }, () => fs.openSync('/dev/null'));
  thread.postMessage('end');
  await ended;
  // What the worker has left to be closed is closed now.
  while (native.counts().ops > 0) await new Promise((resolve) => setImmediate(resolve));
  const lost = own.filter((number) => {
    try {
      return fs.fstatSync(number) === undefined;
    } catch {
      return true;
    }
  });
  console.log(JSON.stringify({ how, reused: own.includes(fd), lost, again, warnings }));
}

if (isMainThread) {
  (async () => {
    for (const opens of Object.keys(open))
      for (const closes of Object.keys(close)) await main([opens, closes]);
  })();
} else {
  parentPort.once('message', () => process.exit());
  worker(workerData);
}
