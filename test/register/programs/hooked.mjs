// Imports names first, and is told whether they became ours.
import fs, { stat } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isMainThread, Worker } from 'node:worker_threads';

const require = createRequire(import.meta.url);
const { listPending } = require('../../../dist/index.js');
const { register } = require('../../../dist/register.js');
const say = (name, value) => console.log(JSON.stringify([isMainThread, name, value]));

stat('/', () => undefined);
const reading = readFile('/dev/null');
say(
  'pending',
  listPending()
    .map((op) => op.fn())
    .sort(),
);
await reading;
const hooked = stat;
if (isMainThread) await new Promise((done) => new Worker(new URL(import.meta.url)).on('exit', done));
register()();
say('undone', [stat !== hooked, stat === fs.stat, readFile === fs.promises.readFile]);
