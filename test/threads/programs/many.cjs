// many ROUNDS: worker threads start and end, four at a time, each with calls in flight, while the main thread makes
// calls, too. Their ends take turns (HOW): by themselves, by process.exit(), terminated while idle, terminated while
// calls that succeed are in flight, terminated while calls are stuck.
'use strict';
const { join } = require('node:path');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const po = require('../../../dist/index.js');
const fsp = require('../../../dist/fs/promises/index.js');
const { native } = require('../../../dist/engine/addon.js');
const { content, makeFolder, openOn, until } = require('./common.cjs');

const HOW = ['natural', 'exit', 'idle', 'reading', 'stuck', 'late'];

async function worker({ how, folder }) {
  const file = join(folder, 'file');
  po.trackPending(true);
  const texts = await Promise.all(Array.from({ length: 5 }, () => fsp.readFile(file, 'latin1')));
  const wrong = texts.filter((text) => text !== content).length;
  switch (how) {
    case 'exit':
      fsp.open(join(folder, 'unopened')).catch(() => undefined);
      parentPort.postMessage(wrong);
      await fsp.stat(file);
      process.exit();
      break;
    case 'idle':
      parentPort.postMessage(wrong);
      setInterval(() => undefined, 1000);
      break;
    case 'reading': {
      // Reads into large buffers, whose memory ends with the thread.
      const handle = await fsp.open(file);
      const again = () => handle.read(Buffer.alloc(content.length), 0, content.length, 0).then(again);
      for (let i = 0; i < 8; i++) again();
      parentPort.postMessage(wrong);
      break;
    }
    case 'stuck': {
      for (let i = 0; i < 5; i++) fsp.open(join(folder, 'unopened'));
      const handle = await fsp.open(join(folder, 'fifo'), 'r+');
      for (let i = 0; i < 5; i++) handle.read(Buffer.alloc(1 << 20));
      while (po.listPending({ state: 'running' }).length < 10)
        await new Promise((resolve) => setImmediate(resolve));
      parentPort.postMessage(wrong);
      break;
    }
    case 'late':
      // Calls whose results nobody will take, above all descriptors.
      for (let i = 0; i < 50; i++) fsp.open(file).catch(() => undefined);
      parentPort.postMessage(wrong);
      break;
    default:
      parentPort.postMessage(wrong);
  }
}

async function one(folder, how) {
  const thread = new Worker(__filename, { workerData: { how, folder } });
  const ended = new Promise((resolve, reject) => thread.once('exit', resolve).once('error', reject));
  const wrong = await new Promise((resolve, reject) => {
    thread.once('message', resolve).once('error', reject);
  });
  if (how !== 'natural' && how !== 'exit') await thread.terminate();
  await ended;
  return wrong;
}

/** The main thread keeps ops in stock, 32 at a time. One more in use is one that a thread has not given back. */
function opsAreBack() {
  const { ops } = native.counts();
  return ops <= 64 && ops % 32 === 0;
}

async function main(rounds) {
  const folder = makeFolder();
  const file = join(folder, 'file');
  let over = false;
  let calls = 0;
  let wrong = 0;
  const busy = async () => {
    while (!over) {
      const [stats, text] = await Promise.all([fsp.stat(file), fsp.readFile(file, 'latin1')]);
      if (stats.size !== content.length || text !== content) wrong++;
      calls += 2;
    }
  };
  const load = [busy(), busy()];
  const memory = [];
  let started = 0;
  const lane = async () => {
    while (started < rounds) {
      const how = HOW[started++ % HOW.length];
      wrong += await one(folder, how);
      if (started % 20 === 0) memory.push(process.memoryUsage.rss());
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  over = true;
  await Promise.all(load);
  // When the kernel releases the stuck calls, everything of the threads that have ended is freed.
  await until(() => openOn(folder).length === 0, `nothing open: ${openOn(folder).slice(0, 5)}`);
  await until(() => opsAreBack(), `ops are back: ${JSON.stringify(native.counts())}`);
  await until(() => native.counts().workers <= 1, `workers leave: ${JSON.stringify(native.counts())}`);
  await until(
    () => native.counts().environments === 1,
    `environments go: ${JSON.stringify(native.counts())}`,
  );
  console.log(JSON.stringify({ calls, wrong, started, memory, ...native.counts() }));
}

if (isMainThread) main(Number(process.argv[2]));
else worker(workerData);
