// Run with --require of the hook, here and in a worker thread: a package that knows nothing of scopes waits in one.
'use strict';
const { execFileSync } = require('node:child_process');
const { mkdtempSync, rmSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const po = require('../../../dist/index.js');
const foreign = require('./package.cjs');

const waysOf = (path) => ({
  read: () => foreign.read(path),
  queued: () => foreign.queued(path),
  reader: () => new Promise((_, reject) => new foreign.Reader(path).on('error', reject)),
});

async function all(path) {
  const seen = {};
  for (const [name, way] of Object.entries(waysOf(path))) {
    let listed;
    const error = await po
      .runInterruptible({ timeout: 300, label: name }, (scope) => {
        const look = () => {
          const ops = po.listPending({ label: name });
          // Not yet in the kernel; or over, when nobody looks any more.
          if (!ops.some((op) => op.call !== '')) return void (scope.signal.aborted || setTimeout(look, 5));
          listed = ops.map((op) => op.fn());
          if (scope.listPending().length !== listed.length) listed = 'not the scope';
        };
        look();
        return way();
      })
      .catch((failure) => failure);
    seen[name] = [error.name, error.code, error.outcome, error.path === path, listed];
  }
  return seen;
}

async function main() {
  const dir = mkdtempSync('/tmp/scope-');
  const path = join(dir, 'fifo');
  try {
    execFileSync('mkfifo', [path]);
    if (!statSync(path).isFIFO()) throw new Error('no FIFO');
    const here = await all(path);
    const there = await new Promise((resolve, reject) => {
      const worker = new Worker(__filename, { workerData: path });
      worker.once('message', resolve).once('error', reject);
    });
    console.log(JSON.stringify({ here, there }));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

if (isMainThread) main();
else all(workerData).then((seen) => parentPort.postMessage(seen));
