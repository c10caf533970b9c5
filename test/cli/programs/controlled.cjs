// Uses the package: makes calls that hang, says what becomes of them, and blocks its loop when told to.
'use strict';
const { workerData, Worker, isMainThread } = require('node:worker_threads');
const [dist, path, count = '1', how = ''] = isMainThread ? process.argv.slice(2) : workerData;
const { trackPending } = require(`${dist}/index.js`);
const { readFile, appendFile } = require(`${dist}/fs/promises/index.js`);
const diagnostics = require('node:diagnostics_channel');

const say = (text) => process.stdout.write(`${text}\n`);

trackPending(true);
const told = (error) => say(`${error.name} ${error.outcome} ${error.cause?.code} ${error.message}`);
for (let i = 0; i < Number(count); i++) {
  if (how === 'append') appendFile(path, 'x').catch(told);
  else readFile(path).catch(told);
}
if (isMainThread) {
  diagnostics.subscribe('pendingop:control', ({ type, subject, uid }) =>
    say(`event ${type} ${subject} ${uid}`),
  );
  diagnostics.subscribe('pendingop:interrupt', ({ op }) => say(`interrupt ${op.fn()}`));
  if (how === 'thread') new Worker(__filename, { workerData: [dist, path, count] });
  // Submitted by then.
  setImmediate(() => {
    process.stdout.write('ready\n', () => {
      if (how === 'busy') for (;;) if (require('node:fs').existsSync(`${path}.go`)) break;
    });
  });
  setInterval(() => undefined, 60_000);
}
