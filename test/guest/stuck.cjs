// stuck.cjs FOLDER: has one call of each kind stuck when told to begin, and exits when told to. For exit.cjs.
'use strict';
const { createServer } = require('node:net');
const { listPending, trackPending } = require('pendingop');
const fsp = require('pendingop/fs/promises');
const { calls } = require('./cases.cjs');
const { until } = require('./tools.cjs');

// Without a file open there: a process that has one on a dead NFSv4 mount may stay for as long as the server does.
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
// A port, to see that it is free again when this process has gone.
const server = createServer().listen(0, '127.0.0.1', () => {
  process.stdout.write(`ready ${server.address().port}\n`);
});
