// waiting: threads that wait in a synchronous call are terminated. The last one is ended by process.exit().
'use strict';
const { constants, openSync } = require('node:fs');
const { join } = require('node:path');
const { isMainThread, Worker, workerData } = require('node:worker_threads');
const { makeFolder, until } = require('./common.cjs');

/** Starts a thread that reads the FIFO. It gets no data as long as this process has the FIFO open for writing. */
async function reader(fifo) {
  const thread = new Worker(__filename, { workerData: fifo });
  const opened = () => {
    try {
      return openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK) >= 0;
    } catch {
      return false;
    }
  };
  await until(opened, 'it has opened the FIFO');
  return thread;
}

async function main() {
  const folder = makeFolder();
  const first = await reader(join(folder, 'fifo'));
  const code = await first.terminate();
  await reader(join(folder, 'unopened'));
  console.log(JSON.stringify(code));
  process.exit();
}

if (isMainThread) main();
else require('../../../dist/fs/index.js').readFileSync(workerData, { timeout: 1_000_000 });
