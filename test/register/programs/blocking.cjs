// node --require pendingop/register blocking.cjs WHERE FOLDER. Where WHERE says, makes a call, and blocks until the disk
// shows its effect. Prints `over` once the call is.
const fs = require('node:fs');
const { join } = require('node:path');

const [where, folder] = process.argv.slice(2);
const at = (name) => join(folder, name);

/** Blocks while the disk does not show it. The test ends a program that blocks for ever. */
const blockUntil = (isSeen) => {
  while (!isSeen());
};
const over = (error) => {
  if (error) throw error;
  console.log('over');
};
const makeFolder = () => {
  fs.mkdir(at('made'), over);
  blockUntil(() => fs.existsSync(at('made')));
};

const places = {
  'the main program': makeFolder,
  'a promise': () => {
    fs.promises.mkdir(at('made')).then(() => over(), over);
    blockUntil(() => fs.existsSync(at('made')));
  },
  'a callback': () => fs.stat(folder, makeFolder),
  'one of many callbacks': () => {
    for (let i = 0; i < 100; i++)
      fs.stat(folder, () => (i === 50 ? makeFolder() : fs.mkdir(at(String(i)), () => undefined)));
  },
  'a burst of calls': () => {
    for (let i = 0; i < 100; i++) fs.mkdir(at(String(i)), () => undefined);
    makeFolder();
  },
  'the continuation of an await': async () => {
    await fs.promises.stat(folder);
    makeFolder();
  },
  'a timer': () => setTimeout(makeFolder, 1),
  'process.nextTick()': () => process.nextTick(makeFolder),
  'a microtask': () => queueMicrotask(makeFolder),
  'a function of this package that blocks itself': () => {
    const { writeFileSync } = require('../../../dist/fs/index.js');
    writeFileSync(at('file'), 'once', { timeout: 2 ** 30, flag: 'a' });
    over(fs.readFileSync(at('file'), 'utf8') === 'once' ? null : new Error('written more than once'));
  },
  // sonic-boom's flushSync() does so.
  'a write, before a writeSync()': () => {
    const fd = fs.openSync(at('file'), 'w');
    fs.write(fd, 'first', (error) => {
      over(error);
      if (fs.readFileSync(at('file'), 'utf8') !== 'firstsecond') throw new Error('written in another order');
    });
    blockUntil(() => fs.fstatSync(fd).size === 5);
    fs.writeSync(fd, 'second');
  },
};

if (where === 'all') console.log(JSON.stringify(Object.keys(places)));
else places[where]();
