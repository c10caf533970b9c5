// A mount as the programs use it: folders below it, one for each case, and what is to hold before and after a stall.
'use strict';
const fs = require('node:fs');
const { listPending } = require('pendingop');
const fsp = require('pendingop/fs/promises');
const { lock } = require('pendingop/lock');
const { stalls } = require('./cases.cjs');
const { check, descendants, descriptors, mounts, until, within } = require('./tools.cjs');

/** ms until a caller is free, whatever the kernel does. Far more than the default: emulation is slow. */
const GRACE = 2000;

/** ms: how late that may be on a busy machine, where timers of the event loop are late, too. */
const LATE = 20_000;

const FILES = ['file', 'other', 'third'];
/** Nothing has to be read for a piece of it to be written. */
const EMPTY = 'empty';
/** More than is read ahead. */
const LARGE = 'large';
const LARGE_SIZE = 32 * 1024 * 1024;
const CONTENT = 'content';
const WRITTEN = 'dirty';

/** How many of each kind of descriptor and process this one has. */
function mine() {
  const counts = new Map();
  // Numbers differ from one descriptor of a kind to the next, but for those of a path.
  const kinds = descriptors().map((target) => (target.startsWith('/') ? target : target.replace(/\d+/, 'N')));
  for (const kind of [...kinds, ...descendants().map(({ name }) => `process ${name}`)])
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

class Place {
  /** @param stall a name in `stalls` @param name of a folder of /srv that is mounted at /mnt */
  constructor(stall, name) {
    this.stall = stalls[stall];
    this.name = name;
    this.root = `/mnt/${name}`;
    this.before = new Map();
  }

  /** Once the package has begun to work, so that what it has for itself is not taken for something left behind. */
  static async make(stall, name) {
    const place = new Place(stall, name);
    await fsp.readFile(`${place.folder('first').at}/file`);
    place.before = mine();
    return place;
  }

  /** A folder for one case: `local` on the server's side, `at` as it is mounted. */
  folder(name) {
    const local = `/srv/${this.name}/${name}`;
    fs.mkdirSync(local);
    for (const file of FILES) fs.writeFileSync(`${local}/${file}`, CONTENT);
    fs.writeFileSync(`${local}/${EMPTY}`, '');
    fs.writeFileSync(`${local}/${LARGE}`, '');
    fs.truncateSync(`${local}/${LARGE}`, LARGE_SIZE);
    return { fsp, lock, local, at: `${this.root}/${name}` };
  }

  /** Whatever the case needs to be there before the stall. */
  async prepare(name, { warm = [], opens, dirty, got }) {
    const made = this.folder(name);
    await within(fsp.stat(made.at), `stat of ${name}`);
    for (const file of warm) await within(fsp.stat(`${made.at}/${file}`), `stat of ${file}`);
    const file = dirty ? EMPTY : got ? LARGE : 'file';
    if (opens !== undefined) made.handle = await within(fsp.open(`${made.at}/${file}`, opens), 'open');
    if (got) {
      await within(made.handle.read(Buffer.alloc(got), 0, got, 0), 'read');
      // The time of that is to be known as well.
      await within(made.handle.stat(), 'fstat');
    }
    made.dirty = dirty;
    if (dirty && this.stall.writesFirst) await within(made.handle.write(WRITTEN), 'write');
    return made;
  }

  /** What is left of that to do while it is stalled. */
  async prepareStalled({ handle }, { dirty }) {
    if (dirty && !this.stall.writesFirst) await within(handle.write(WRITTEN), 'write');
  }

  /** Once it is closed, the server has what was written, however the closing and the fsync before it went. */
  checkWritten({ dirty, local }) {
    if (!dirty) return;
    const content = fs.readFileSync(`${local}/${EMPTY}`, 'utf8');
    check(content === WRITTEN, `what was written to ${local} is lost: '${content}'`);
  }

  async begin() {
    await mounts(this.stall.begin);
  }

  async end() {
    await mounts(this.stall.end);
  }

  /** Until every one of `started` is in the kernel, and has been there for a while. */
  async stuck(started, under = this.root) {
    await until(
      () => {
        const over = started.find(({ ended }) => ended);
        if (over) throw new Error(`not stuck: ${over.name} ${over.error ?? 'succeeded'}`);
        return listPending({ under, state: 'running', olderThan: 100 }).length >= started.length;
      },
      () => `${started.length} stuck: ${listPending({ under }).join('; ')}`,
    );
  }

  /** After the stall: the kernel has let go of everything, and nothing is left of it here. */
  async released() {
    const pending = () => listPending();
    await until(
      () => pending().length === 0,
      () => `an empty table: ${pending().join('; ')}`,
    );
    const stuck = () => descendants().filter(({ state }) => state === 'Z' || state === 'D');
    await until(
      () => stuck().length === 0,
      () => `no process in the kernel, or dead: ${JSON.stringify(stuck())}`,
    );
    await until(
      () => this.#more().length === 0,
      () => `no more than before: ${this.#more()}`,
    );
  }

  /** What this process has now that it did not have. */
  #more() {
    return [...mine()]
      .filter(([what, count]) => count > (this.before.get(what) ?? 0))
      .map(([what, count]) => `${count} ${what}`);
  }

  /** After the stall: calls succeed. */
  async works() {
    const { at, local } = this.folder('works');
    await within(
      (async () => {
        check((await fsp.readFile(`${at}/file`, 'utf8')) === CONTENT, 'another content');
        await fsp.writeFile(`${at}/new`, CONTENT);
        await fsp.rename(`${at}/new`, `${at}/renamed`);
        await fsp.unlink(`${at}/file`);
        await fsp.mkdir(`${at}/made`);
        const names = (await fsp.readdir(at)).sort().join();
        check(names === 'empty,large,made,other,renamed,third', `the mount shows ${names}`);
        check(fs.readFileSync(`${local}/renamed`, 'utf8') === CONTENT, 'the server has another content');
      })(),
      'calls on the mount that is back',
    );
  }
}

/** A call that was begun: when it ended, and how. */
class Started {
  constructor(name, promise) {
    this.name = name;
    this.ended = false;
    this.value = undefined;
    this.error = undefined;
    this.at = 0;
    const over = (key) => (value) => {
      this.at = performance.now();
      this.ended = true;
      this[key] = value;
      return this;
    };
    this.settled = promise.then(over('value'), over('error'));
  }
}

module.exports = { GRACE, LATE, Place, Started };
