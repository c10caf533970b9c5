// processes.cjs DIST auto|always    as a user who may have 30 processes, blocks a hundred calls, and says what others of
// its threads and processes come to meanwhile.
const { execFileSync, execFile } = require('node:child_process');
const { join } = require('node:path');
const { promisify } = require('node:util');
const { Worker } = require('node:worker_threads');

const [dist, killable] = process.argv.slice(2);
const { configure, interrupt, listPending, trackPending } = require(join(dist, 'index.js'));
const { open, readFile } = require(join(dist, 'fs/promises'));
const { runCommand } = require(join(dist, 'command'));
const { lock } = require(join(dist, 'lock'));

const ROUNDS = 10;
const worker = () =>
  new Promise((resolve, reject) => {
    const code = 'require("node:worker_threads").parentPort.postMessage("said")';
    new Worker(code, { eval: true }).on('message', resolve).on('error', reject);
  });

async function main() {
  const fifo = process.argv[4];
  execFileSync('prlimit', ['--nproc=30:30', '--pid', String(process.pid)]);
  // Nobody else's processes count.
  const user = 1_000_000 + process.pid;
  process.setgid(user);
  process.setuid(user);
  trackPending(true);
  configure({ killable });
  const handle = await open(__filename, 'r');
  const calls = Array.from({ length: 100 }, () => open(fifo, 'r').catch(({ outcome }) => outcome));
  while (listPending({ state: 'running' }).length < 4) await new Promise(setImmediate);
  for (let round = 0; round < ROUNDS; round++) {
    await promisify(execFile)('echo', ['said']);
    await worker();
    await runCommand('echo', ['said']);
  }
  const held = await lock(handle, { shared: true });
  const queued = listPending({ state: 'queued' }).length;
  await interrupt(listPending());
  await Promise.all(calls);
  await held.release();
  await handle.close();
  console.log(JSON.stringify({ queued: queued > 0, read: (await readFile(__filename)).length > 0 }));
}
main();
