// orders.cjs <case> <folder>: the hook, and another tool that replaces functions of node:fs, in either order. What it
// prints is `true` for each thing that is to be so.
'use strict';
const fs = require('node:fs');
const { join } = require('node:path');
const { promisify } = require('node:util');

const [, , name, folder] = process.argv;
const file = join(folder, 'file');

const hook = () => require('../../../dist/register.js').register();
const said = {};
/** How many calls of this function have come to the pool. */
async function pooled(fn, use) {
  const { subscribe, unsubscribe } = require('node:diagnostics_channel');
  let calls = 0;
  const count = ({ op }) => {
    if (op.fn() === fn) calls++;
  };
  subscribe('pendingop:start', count);
  await use();
  unsubscribe('pendingop:start', count);
  return calls;
}
const read = () => promisify(fs.readFile)(file, 'utf8');
const streamed = async () => {
  let text = '';
  for await (const part of fs.createReadStream(file, 'utf8')) text += part;
  return text;
};
const works = async () =>
  (await read()) === 'content' &&
  (await streamed()) === 'content' &&
  (await fs.promises.readFile(file, 'utf8')) === 'content' &&
  (await promisify(fs.stat)(file)).size === 7 &&
  (await promisify(fs.readFile)(join(folder, 'none')).catch(({ code }) => code)) === 'ENOENT';

/**
 * As Electron does for archives: paths in one are answered by itself, others go on to what was there before. `original`
 * is node:fs without it.
 */
function asar() {
  const original = { ...fs, promises: { ...fs.promises } };
  const inArchive = (path) => `${path}`.includes('app.asar');
  for (const [key, size] of [
    ['stat', 42],
    ['lstat', 42],
  ]) {
    fs[key] = (path, ...more) =>
      inArchive(path) ? process.nextTick(more.at(-1), null, { size }) : original[key](path, ...more);
    fs.promises[key] = async (path, ...more) =>
      inArchive(path) ? { size } : original.promises[key](path, ...more);
  }
  fs.readFile = (path, ...more) =>
    inArchive(path) ? process.nextTick(more.at(-1), null, 'archived') : original.readFile(path, ...more);
  fs.promises.readFile = promisify(fs.readFile);
  fs.readFileSync = (path, ...more) => (inArchive(path) ? 'archived' : original.readFileSync(path, ...more));
  fs.open = (path, ...more) =>
    inArchive(path) ? original.open(file, ...more) : original.open(path, ...more);
  return original;
}

async function archived() {
  const path = join(folder, 'app.asar/x');
  return (
    (await promisify(fs.readFile)(path)) === 'archived' &&
    (await fs.promises.readFile(path)) === 'archived' &&
    fs.readFileSync(path) === 'archived' &&
    (await promisify(fs.stat)(path)).size === 42 &&
    (await fs.promises.lstat(path)).size === 42 &&
    // A stream opens it by the function that is there now.
    (await new Promise((resolve, reject) => {
      fs.createReadStream(path, 'utf8').on('data', resolve).on('error', reject);
    })) === 'content'
  );
}

const cases = {
  async 'graceful-fs first'() {
    require('graceful-fs').gracefulify(fs);
    const theirs = fs.readFile;
    const undo = hook();
    said.theirs = fs.readFile === theirs;
    said.works = await works();
    // What it has not replaced is ours.
    said.unlink = (await pooled('unlink', () => promisify(fs.unlink)(file))) === 1;
    fs.writeFileSync(file, 'content');
    said.promises = (await pooled('readFile', () => fs.promises.readFile(file))) === 1;
    undo();
    said.stays = fs.readFile === theirs;
    said.undone = await works();
  },

  async 'graceful-fs second'() {
    const node = fs.readFile;
    const undo = hook();
    require('graceful-fs').gracefulify(fs);
    const theirs = fs.readFile;
    said.works = await works();
    said.pooled = (await pooled('readFile', read)) === 1;
    undo();
    said.stays = fs.readFile === theirs && fs.readFile !== node;
    said.undone = await works();
    const again = hook();
    said.again = fs.readFile === theirs && (await works());
    again();
  },

  async 'a patch on top, taken away after the hook'() {
    const node = fs.promises.readFile;
    const undo = hook();
    const ours = fs.promises.readFile;
    let calls = 0;
    fs.promises.readFile = (...args) => {
      calls++;
      return ours(...args);
    };
    said.works = await works();
    undo();
    said.undone = (await works()) && calls === 2;
    fs.promises.readFile = ours;
    said.ours = (await works()) && calls === 2;
    hook()();
    said.again = await works();
    fs.promises.readFile = node;
    said.node = await works();
  },

  async 'asar first'() {
    const original = asar();
    const theirs = fs.readFile;
    const undo = hook();
    said.theirs = fs.readFile === theirs;
    said.works = await works();
    said.archived = await archived();
    said.access = (await pooled('access', () => promisify(fs.access)(file))) === 1;
    said.original = (await promisify(original.readFile)(file, 'utf8')) === 'content';
    undo();
    said.undone = (await works()) && (await archived());
  },

  async 'asar second'() {
    const undo = hook();
    const original = asar();
    said.works = await works();
    said.archived = await archived();
    said.pooled = (await pooled('readFile', read)) === 1;
    said.original = (await promisify(original.readFile)(file, 'utf8')) === 'content';
    undo();
    said.undone = (await works()) && (await archived());
  },

  async 'mock-fs first'() {
    const mock = require('mock-fs');
    const undo = hook();
    said.works = await works();
    mock({ [file]: 'mocked' });
    // It replaces what is behind Node's functions; ours have something else behind them.
    said.sync = fs.readFileSync(file, 'utf8') === 'mocked';
    said.real = (await read()) === 'content';
    undo();
    said.mocked = (await read()) === 'mocked' && (await fs.promises.readFile(file, 'utf8')) === 'mocked';
    mock.restore();
    hook();
    said.restored = await works();
  },

  async 'mock-fs second'() {
    const undo = hook();
    undo();
    const mock = require('mock-fs');
    mock({ [file]: 'mocked' });
    said.mocked = (await read()) === 'mocked' && (await fs.promises.readFile(file, 'utf8')) === 'mocked';
    mock.restore();
    hook();
    said.restored = await works();
  },
};

fs.writeFileSync(file, 'content');
cases[name]().then(() => console.log(JSON.stringify(said)));
