// A mount as the programs use it: a folder below it for each case, and checks of the state before and after a stall.
'use strict';
const fs = require('node:fs');
const { listPending } = require('pendingop');
const fsp = require('pendingop/fs/promises');
const { lock } = require('pendingop/lock');
const { stalls } = require('./cases.cjs');
const { check, descendants, descriptors, mounts, until, within } = require('./tools.cjs');

/** ms until a caller is free, whatever the kernel does. It is far more than the default, since emulation is slow. */
const GRACE = 2000;

/** ms by which a caller may be freed late on a busy machine, where timers of the event loop are late, too. */
const LATE = 20_000;

const FILES = ['file', 'other', 'third'];
/** An empty file: a write to it needs no read first. */
const EMPTY = 'empty';
/** A file that is larger than the kernel reads ahead. */
const LARGE = 'large';
const LARGE_SIZE = 32 * 1024 * 1024;
const CONTENT = 'content';
const WRITTEN = 'dirty';

/** Returns the number of descriptors and child processes of this process, by kind. */
function mine() {
  const counts = new Map();
  // A descriptor without a path has a number of its own in its name, which is left out.
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

  /**
   * Makes a Place after a first call, so that the package's own descriptors and processes do not count as left behind.
   */
  static async make(stall, name) {
    const place = new Place(stall, name);
    await fsp.readFile(`${place.folder('first').at}/file`);
    place.before = mine();
    return place;
  }

  /** Makes a folder for one case. `local`: its path on the server's side; `at`: its path on the mount. */
  folder(name) {
    const local = `/srv/${this.name}/${name}`;
    fs.mkdirSync(local);
    for (const file of FILES) fs.writeFileSync(`${local}/${file}`, CONTENT);
    fs.writeFileSync(`${local}/${EMPTY}`, '');
    fs.writeFileSync(`${local}/${LARGE}`, '');
    fs.truncateSync(`${local}/${LARGE}`, LARGE_SIZE);
    return { fsp, lock, local, at: `${this.root}/${name}` };
  }

  /** Prepares what the case needs before the stall. */
  async prepare(name, { warm = [], opens, dirty, got }) {
    const made = this.folder(name);
    await within(fsp.stat(made.at), `stat of ${name}`);
    for (const file of warm) await within(fsp.stat(`${made.at}/${file}`), `stat of ${file}`);
    const file = dirty ? EMPTY : got ? LARGE : 'file';
    if (opens !== undefined) made.handle = await within(fsp.open(`${made.at}/${file}`, opens), 'open');
    if (got) {
      await within(made.handle.read(Buffer.alloc(got), 0, got, 0), 'read');
      // The kernel has to know the new time of access, too.
      await within(made.handle.stat(), 'fstat');
    }
    made.dirty = dirty;
    if (dirty && this.stall.writesFirst) await within(made.handle.write(WRITTEN), 'write');
    return made;
  }

  /** Prepares the rest during the stall. */
  async prepareStalled({ handle }, { dirty }) {
    if (dirty && !this.stall.writesFirst) await within(handle.write(WRITTEN), 'write');
  }

  /**
   * After the close the server has the data that was written, whatever became of the close and of the fsync before it.
   */
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

  /** Waits until each call of `started` has been in the kernel for a while. */
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

  /** After the stall: waits until the kernel has released every call, and nothing of them is left in this process. */
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

  /** Returns what this process has in addition to what it had before. */
  #more() {
    return [...mine()]
      .filter(([what, count]) => count > (this.before.get(what) ?? 0))
      .map(([what, count]) => `${count} ${what}`);
  }

  /** After the stall: checks that calls succeed. */
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

/** A call that has begun: when and how it ended. */
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
