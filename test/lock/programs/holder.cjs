// Holds a lock, or waits for one, until it is ended: holder.cjs <dist> <path> <kind> <hold | wait | thread>
const { Worker, isMainThread, workerData } = require('node:worker_threads');

const [dist, path, kind, how] = isMainThread ? process.argv.slice(2) : workerData;
const { lock } = require(`${dist}/lock`);

async function main() {
  if (how === 'thread' && isMainThread) {
    // Holds one lock and waits for another when it is terminated.
    const worker = new Worker(__filename, { workerData: [dist, path, kind, how] });
    await new Promise((resolve) => worker.once('message', resolve));
    console.log('held');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    await worker.terminate();
    console.log('terminated');
    setInterval(() => {}, 1000);
    return;
  }
  const held = await lock(path, { kind });
  if (isMainThread) console.log('held');
  else {
    require('node:worker_threads').parentPort.postMessage('held');
    lock(path, { kind });
  }
  setInterval(() => held.held, 1000);
}

main();
