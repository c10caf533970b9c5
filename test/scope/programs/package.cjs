// A package as graceful-fs is one: wraps what it found in node:fs, queues calls, and has an emitter of its own.
'use strict';
const { EventEmitter } = require('node:events');
const fs = require('node:fs');
const fsp = require('node:fs/promises');

const queue = [];
let busy = false;

function next() {
  const [path, done] = queue.shift() ?? [];
  if (path === undefined) {
    busy = false;
    return;
  }
  busy = true;
  setImmediate(() =>
    fs.readFile(path, 'utf8', (error, text) => {
      done(error, text);
      next();
    }),
  );
}

/** One after the other. Callers are called back in the context that they called in. */
const { AsyncResource } = require('node:async_hooks');
exports.queued = (path) =>
  new Promise((resolve, reject) => {
    const done = AsyncResource.bind((error, text) => (error ? reject(error) : resolve(text)));
    queue.push([path, done]);
    if (!busy) next();
  });

exports.read = (path) => fsp.readFile(path, 'utf8');

exports.Reader = class extends EventEmitter {
  constructor(path) {
    super();
    fs.createReadStream(path)
      .on('data', (chunk) => this.emit('data', String(chunk)))
      .on('error', (error) => this.emit('error', error))
      .on('end', () => this.emit('end'));
  }
};
