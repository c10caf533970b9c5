// changes HOW FOLDER: removes all files of the folder, and ends at once in one way.
'use strict';
const { join } = require('node:path');
const { isMainThread, Worker, workerData } = require('node:worker_threads');
const { unlink, write } = require('../../../dist/fs/index.js');
const { openSync, readdirSync } = require('node:fs');

const [how, folder] = isMainThread ? process.argv.slice(2) : workerData;
const removed = readdirSync(folder);

function remove() {
  for (const name of removed) unlink(join(folder, name), () => undefined);
}

const ways = {
  exit() {
    remove();
    process.exit();
  },
  'exit in a later tick'() {
    remove();
    process.nextTick(() => process.exit());
  },
  'exit once they are submitted'() {
    remove();
    setImmediate(() => process.exit());
  },
  'calls of an exit handler'() {
    unlink(join(folder, removed[0]), () => {
      process.on('exit', remove);
      process.exit();
    });
  },
  'calls of an exit handler, with nothing left to do'() {
    process.on('exit', remove);
  },
  'the first calls, of an exit handler'() {
    process.on('exit', remove);
    process.exit();
  },
  'an error that nobody catches'() {
    remove();
    throw new Error('nobody catches this');
  },
  'exit with a write that waits'() {
    const fd = openSync(`${folder}.pipe`, 'r+');
    write(fd, Buffer.alloc(1_000_000), () => undefined);
    remove();
    process.exit();
  },
};

const [place, way] = how.split(': ');
if (place === 'main' || !isMainThread) ways[way]();
else new Worker(__filename, { workerData: process.argv.slice(2) }).on('error', () => undefined);
