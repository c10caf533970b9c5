// Makes the calls that it is told to, each a line of JSON: [name, ...arguments], a method of fs.promises, or of the
// handle that the last open() has given. Answers `turned` when the event loop has come round a hundred times since, and
// `over` with the outcome and how many calls were answered without a worker, whichever comes first.
'use strict';
const { createInterface } = require('node:readline');
const fsp = require('../../../dist/fs/promises/index.js');
const { native } = require('../../../dist/engine/addon.js');

let handle;

const methods = {
  open: async (...args) => {
    handle = await fsp.open(...args);
  },
  close: () => handle.close(),
  read: async (length, position) => {
    const { bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
    return bytesRead;
  },
  stat: async (path) => (await fsp.stat(path)).size,
  // So many of one tick.
  stats: async (count, path) =>
    (await Promise.all(Array.from({ length: count }, () => fsp.stat(path)))).length,
  lstat: async (path) => (await fsp.lstat(path)).size,
  readFile: async (path) => (await fsp.readFile(path)).length,
  // Sync calls without a limit are Node's own.
  readFileSync: (path) => require('node:fs').readFileSync(path).length,
};

const say = (line) => process.stdout.write(`${line}\n`);

async function turns() {
  for (let i = 0; i < 100; i++) await new Promise(setImmediate);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const [id, name, ...args] = JSON.parse(line);
  const before = native.counts().inline;
  const tell = (outcome) =>
    say(`over ${id} ${JSON.stringify([outcome ?? null, native.counts().inline - before])}`);
  const method = methods[name] ?? fsp[name];
  Promise.resolve(method(...args)).then(tell, (error) => tell(error.code));
  void turns().then(() => say(`turned ${id}`));
});
say('ready');
