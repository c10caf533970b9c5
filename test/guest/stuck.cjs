// stuck.cjs FOLDER: on an order makes one call of each kind, which get stuck; on another order exits. For exit.cjs.
'use strict';
const { createServer } = require('node:net');
const { listPending, trackPending } = require('pendingop');
const fsp = require('pendingop/fs/promises');
const { calls } = require('./cases.cjs');
const { until } = require('./tools.cjs');

// No file is open there: a process with an open file on an NFSv4 mount whose server is gone may stay until the server
// is back.
const [at] = process.argv.slice(2);

async function begin() {
  trackPending(true);
  const started = Object.values(calls).filter(({ opens }) => opens === undefined);
  for (const { start } of started) start({ fsp, at }, {}).catch(() => undefined);
  await until(() => listPending({ state: 'running', olderThan: 100 }).length >= started.length, 'all stuck');
  process.stdout.write('stuck\n');
}

process.stdin.setEncoding('utf8').on('data', (word) => {
  if (word.trim() === 'exit') process.exit(7);
  begin();
});
// A port, by which the test sees that the descriptors of this process are closed after its end.
const server = createServer().listen(0, '127.0.0.1', () => {
  process.stdout.write(`ready ${server.address().port}\n`);
});
