// stalled.cjs DIST MOUNT FILE: listens on a port, holds locks of a local file and some of its own pipes, and has calls
// stuck below MOUNT; says so, and waits for its end. "exit" on its input: process.exit().
'use strict';
const { createServer } = require('node:net');
const [dist, mount, file] = process.argv.slice(2);
const { listPending, trackPending } = require(dist);
const { open, stat } = require(`${dist}/fs/promises`);
const { lock } = require(`${dist}/lock`);

const CALLS = 5;

async function main() {
  process.stdin.once('data', () => process.exit(7));
  trackPending(true);
  for (const kind of ['flock', 'fcntl']) await lock(`${file}-${kind}`, { kind });
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  for (let i = 0; i < CALLS; i++) {
    const path = `${mount}/missing-${i}`;
    (i % 2 === 0 ? stat(path) : open(path)).catch(() => undefined);
  }
  while (listPending({ state: 'running' }).length < CALLS)
    await new Promise((resolve) => setTimeout(resolve, 1));
  console.log(`port ${server.address().port}`);
}

main();
