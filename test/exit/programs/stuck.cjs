// stuck WAY HOW PLACE GRACE: has 100 calls stuck in one way, says so, and ends in one way or is ended.
//
// WAY    open: of a FIFO that nobody opens; read: from a FIFO; pipe: from a pipe, which is its standard input;
//        stat: of files of a file system that stalls
// HOW    exit, natural, uncaught, rejection; terminate: the calls are a worker thread's; wait: for a signal
'use strict';
const { join } = require('node:path');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { interrupt, listPending, trackPending } = require('../../../dist/index.js');
const fsp = require('../../../dist/fs/promises/index.js');

const [way, how, place, grace] = isMainThread ? process.argv.slice(2) : workerData;
const COUNT = 100;

async function calls() {
  switch (way) {
    case 'open':
      return () => fsp.open(place);
    case 'read': {
      const handle = await fsp.open(place, 'r+');
      return () => handle.read(Buffer.alloc(100_000));
    }
    case 'pipe': {
      const handle = await fsp.open('/proc/self/fd/0');
      return () => handle.read(Buffer.alloc(100_000));
    }
    case 'stat': {
      let i = 0;
      return () => fsp.stat(join(place, `file-${i++}`));
    }
    default:
      throw new Error(`no such way: ${way}`);
  }
}

async function stick() {
  trackPending(true);
  const call = await calls();
  const settled = Array.from({ length: COUNT }, () => call().catch((error) => error.outcome ?? error.code));
  while (listPending({ state: 'running', olderThan: 1 }).length < COUNT)
    await new Promise((resolve) => setTimeout(resolve, 1));
  return settled;
}

/** With a file system that stalls: the parent sees to it that this one has got the calls. */
function leave() {
  if (way !== 'stat') return;
  say('ready');
  require('node:fs').readSync(0, Buffer.alloc(1));
}

/** The parent takes the time from here. */
const say = (text) => require('node:fs').writeSync(1, `${text} ${Date.now()}\n`);

async function main() {
  if (how === 'terminate') {
    const worker = new Worker(__filename, {
      argv: process.argv.slice(2),
      workerData: [way, how, place, grace],
    });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    leave();
    say('stuck');
    await worker.terminate();
    say('terminated');
    return;
  }
  const settled = await stick();
  leave();
  say('stuck');
  switch (how) {
    case 'exit':
      process.exit(7);
      break;
    case 'natural': {
      const reports = await interrupt(listPending(), { grace: Number(grace) });
      const outcomes = new Set([...reports.map(({ outcome }) => outcome), ...(await Promise.all(settled))]);
      say(`outcomes=${[...outcomes].sort()}`);
      break;
    }
    case 'uncaught':
      setImmediate(() => {
        throw new Error('nobody catches this');
      });
      break;
    case 'rejection':
      Promise.reject(new Error('nobody handles this'));
      break;
    default:
  }
}

if (isMainThread) main();
else stick().then(() => parentPort.postMessage('stuck'));
