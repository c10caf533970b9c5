import fs from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { configure, interrupt, listPending, runInterruptible } from '../../lib';
import * as oursFs from '../../lib/fs';
import { Description } from '../compare/description';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { Fate, mounted } from '../stall/place';
import { result, thrown } from '../table/tools';
import { Heard, withFolder } from './tools';

/* watch, compared with Node's, and on a file system that does not answer. */

type Fs = typeof fs;
const ours = oursFs as unknown as Fs;
const base = withFolder();
const dist = join(__dirname, '../../dist');
/** With the portable backend watch is Node's, and stops the loop on a mount that does. */
const isOurs = process.env.PENDINGOP_BACKEND !== 'posix';

beforeAll(() => {
  // What the first one opens, and keeps.
  oursFs.watch('/').close();
});

afterEach(async () => {
  await until(() => listPending().length === 0, 'an empty table');
});

/** What watchers told, one after the other: the kernel tells of all through one queue, so the last tells that no more come. */
class Record {
  readonly #its: Fs;
  readonly #dir: string;
  readonly #end: string;
  readonly log: unknown[] = [];
  readonly #watchers: fs.FSWatcher[] = [];
  #ended = 0;
  #count = 0;

  constructor(its: Fs, dir: string) {
    this.#its = its;
    this.#dir = dir;
    this.#end = join(dir, '../end');
    fs.mkdirSync(this.#end, { recursive: true });
    this.#watchers.push(its.watch(this.#end, () => this.#ended++));
  }

  at(name: string): string {
    return join(this.#dir, name);
  }

  watch(tag: string, path: string | Buffer | URL, options?: object | string): fs.FSWatcher {
    const watcher = this.#its.watch(path as string, options as fs.WatchOptions, (type, name) => {
      this.log.push([tag, type, name]);
    });
    watcher.on('close', () => this.log.push([tag, 'close']));
    watcher.on('error', (error) => this.log.push([tag, error]));
    this.#watchers.push(watcher);
    return watcher;
  }

  /** All that has happened is in the log. */
  async settle(): Promise<void> {
    const before = this.#ended;
    fs.mkdirSync(join(this.#end, String(this.#count++)));
    await until(() => this.#ended > before, 'the last event');
    this.log.push('settled');
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
  }
}

type Scenario = (record: Record, its: Fs) => unknown;

function both(name: string, scenario: Scenario): void {
  test(name, async () => {
    const seen: unknown[] = [];
    for (const its of [fs, ours]) {
      const dir = join(base(), 'dir');
      fs.mkdirSync(join(dir, 'sub'), { recursive: true });
      fs.writeFileSync(join(dir, 'file'), 'file');
      fs.symlinkSync('sub', join(dir, 'link'));
      fs.symlinkSync('file', join(dir, 'filelink'));
      const record = new Record(its, dir);
      try {
        const value = await scenario(record, its);
        seen.push(new Description().of([value, record.log]));
      } finally {
        record.close();
        fs.rmSync(dir, { recursive: true, force: true });
        fs.rmSync(join(dir, '../end'), { recursive: true });
      }
    }
    expect(seen[1]).toStrictEqual(seen[0]);
  });
}

describe('as Node', () => {
  both('a folder', async (record) => {
    record.watch('dir', record.at(''));
    fs.writeFileSync(record.at('a'), 'x');
    fs.appendFileSync(record.at('a'), 'y');
    fs.chmodSync(record.at('a'), 0o600);
    fs.renameSync(record.at('a'), record.at('b'));
    fs.renameSync(record.at('b'), record.at('sub/b'));
    fs.renameSync(record.at('sub/b'), record.at('ż'));
    fs.linkSync(record.at('ż'), record.at('hard'));
    fs.unlinkSync(record.at('ż'));
    fs.mkdirSync(record.at('new'));
    fs.rmdirSync(record.at('new'));
    fs.chmodSync(record.at(''), 0o711);
    fs.writeFileSync(record.at('sub/inside'), 'x');
    await record.settle();
  });

  both('a file, in place and replaced', async (record) => {
    record.watch('file', record.at('file'));
    fs.appendFileSync(record.at('file'), 'x');
    fs.utimesSync(record.at('file'), 1, 1);
    await record.settle();
    fs.renameSync(record.at('file'), record.at('moved'));
    fs.writeFileSync(record.at('moved'), 'moved');
    await record.settle();
    fs.writeFileSync(record.at('file'), 'another');
    fs.unlinkSync(record.at('moved'));
    await record.settle();
    fs.writeFileSync(record.at('moved'), 'not heard of');
    await record.settle();
  });

  both('a folder that is moved, and removed', async (record) => {
    record.watch('sub', record.at('sub'));
    fs.renameSync(record.at('sub'), record.at('other'));
    fs.writeFileSync(record.at('other/x'), '');
    fs.unlinkSync(record.at('other/x'));
    await record.settle();
    fs.rmdirSync(record.at('other'));
    await record.settle();
  });

  both('links, and the same folder by several names', async (record) => {
    record.watch('link', record.at('link'));
    record.watch('sub', record.at('sub/'));
    record.watch('filelink', record.at('filelink'));
    record.watch('file', Buffer.from(record.at('file')));
    record.watch('url', pathToFileURL(record.at('sub')));
    fs.writeFileSync(record.at('sub/x'), '');
    fs.appendFileSync(record.at('file'), 'x');
    fs.chmodSync(record.at('sub'), 0o700);
    await record.settle();
  });

  both('encodings of names', async (record) => {
    for (const encoding of ['utf8', 'latin1', 'buffer', 'hex', 'base64', 'ucs2', 'ascii', undefined, null])
      record.watch(String(encoding), record.at('sub'), { encoding });
    record.watch('text', record.at('sub'), 'latin1');
    fs.writeFileSync(Buffer.concat([Buffer.from(record.at('sub/')), Buffer.from([0xc5, 0xbc, 0xff])]), '');
    await record.settle();
  });

  both('close, also twice and in a listener, and no event after it', async (record) => {
    const first = record.watch('first', record.at('sub'));
    const second = record.watch('second', record.at('sub'));
    first.on('change', () => second.close());
    fs.writeFileSync(record.at('sub/x'), 'x');
    await record.settle();
    first.close();
    record.log.push('closed');
    first.close();
    fs.writeFileSync(record.at('sub/y'), 'x');
    await record.settle();
    record.watch('third', record.at('sub'));
    fs.writeFileSync(record.at('sub/z'), 'x');
    await record.settle();
    return [first.ref() === first, first.unref() === first, first.constructor.name];
  });

  both('signal', async (record) => {
    const controller = new AbortController();
    record.watch('signal', record.at('sub'), { signal: controller.signal });
    record.watch('aborted', record.at('sub'), { signal: AbortSignal.abort() });
    fs.writeFileSync(record.at('sub/x'), '');
    await record.settle();
    controller.abort();
    fs.writeFileSync(record.at('sub/y'), '');
    await record.settle();
  });

  both('errors', (record, its) => {
    const rows: unknown[][] = [
      [record.at('none')],
      [Buffer.from(record.at('none'))],
      [record.at('file/x')],
      [''],
      [record.at('n'.repeat(300))],
      [],
      [5],
      ['a\0b'],
      [record.at('sub'), 5],
      [record.at('sub'), { encoding: 'zz' }],
      [record.at('sub'), { signal: 5 }],
      [record.at('none'), { recursive: true }],
      [record.at('none'), { persistent: false }, () => undefined],
    ];
    return rows.map((row) => thrown(() => (its.watch as (...args: unknown[]) => void)(...row)));
  });

  both('the function itself', (_, its) => [its.watch.name, its.watch.length]);

  both('ticks and promises run between two events', async (record, its) => {
    const order: string[] = [];
    const watcher = its.watch(record.at('sub'), (_, name) => {
      order.push(String(name));
      process.nextTick(() => order.push(`tick ${name}`));
      void Promise.resolve().then(() => order.push(`promise ${name}`));
    });
    for (const name of ['x', 'y', 'z']) fs.mkdirSync(record.at(`sub/${name}`));
    await record.settle();
    watcher.close();
    return order;
  });
});

/** What is told of each name, whatever else is between. */
function byName(log: readonly unknown[][]): unknown {
  const names = new Map<unknown, Set<unknown>>();
  for (const [type, name] of log) names.set(name, (names.get(name) ?? new Set()).add(type));
  return [...names].map(([name, types]) => [name, [...types].sort()]).sort();
}

describe('recursive', () => {
  /** Each step, once all of the one before has been told. */
  async function tree(its: Fs): Promise<unknown> {
    const dir = join(base(), 'dir');
    fs.mkdirSync(join(dir, 'a/b'), { recursive: true });
    fs.writeFileSync(join(dir, 'a/b/file'), 'x');
    fs.symlinkSync('a/b', join(dir, 'link'));
    const heard = new Heard<unknown[]>();
    const watcher = its.watch(dir, { recursive: true }, (type, name) => heard.add([type, name]));
    const told = (name: string, type?: string) => () =>
      heard.all.some((event) => event[1] === name && (type === undefined || event[0] === type));
    try {
      fs.appendFileSync(join(dir, 'a/b/file'), 'y');
      await until(told('a/b/file', 'change'), 'the change of a/b/file');
      fs.mkdirSync(join(dir, 'a/new'));
      await until(told('a/new', 'rename'), 'a/new');
      fs.mkdirSync(join(dir, 'a/new/one'));
      await until(told('a/new/one', 'rename'), 'a/new/one');
      const before = heard.all.length;
      fs.rmdirSync(join(dir, 'a/new/one'));
      await until(() => heard.all.slice(before).some(([, name]) => name === 'a/new/one'), 'its end');
      fs.writeFileSync(join(dir, 'last'), '');
      await until(told('last'), 'last');
      return byName(heard.all.filter(([, name]) => name !== 'link' && name !== 'a' && name !== 'last'));
    } finally {
      watcher.close();
      fs.rmSync(dir, { recursive: true });
    }
  }

  test('all that is below is told of, at first and later', async () => {
    const theirs = await tree(fs);
    expect(await tree(ours)).toEqual(theirs);
  });

  test('a file by itself, and its end', async () => {
    for (const its of [fs, ours]) {
      const path = join(base(), 'file');
      fs.writeFileSync(path, 'x');
      const heard = new Heard<unknown[]>();
      const watcher = its.watch(path, { recursive: true }, (type, name) => heard.add([type, name]));
      fs.appendFileSync(path, 'y');
      expect((await heard.count(1))[0]).toEqual(['change', 'file']);
      fs.unlinkSync(path);
      await until(() => heard.all.some(([type, name]) => type === 'rename' && name === ''), 'its end');
      watcher.close();
    }
  });

  test('close() is told at once, and nothing after it', async () => {
    for (const its of [fs, ours]) {
      const heard = new Heard<string>();
      const watcher = its.watch(base(), { recursive: true }, () => heard.add('change'));
      watcher.on('close', () => heard.add('close'));
      watcher.close();
      watcher.close();
      expect(heard.all).toEqual(['close']);
    }
  });
});

test('many watchers of few folders come and go', async () => {
  const names = ['a', 'b', 'c'].map((name) => join(base(), name));
  for (const name of names) fs.mkdirSync(name);
  const heard = new Heard<number>();
  for (let round = 0; round < 30; round++) {
    const watchers = names.flatMap((name) => [0, 1, 2].map(() => oursFs.watch(name, () => heard.add(round))));
    // At once: the removal of the last ones and the next ones overtake each other.
    for (const [index, watcher] of watchers.entries())
      if (index % 3 !== round % 3 || round < 29) watcher.close();
    if (round < 29) continue;
    for (const name of names) fs.mkdirSync(join(name, 'x'));
    await heard.count(3);
    for (const watcher of watchers) watcher.close();
  }
  expect(heard.all).toEqual([29, 29, 29]);
});

test.each([
  ['persistent: false', 'watch(folder, { persistent: false })'],
  ['unref()', 'watch(folder).unref()'],
  ['close()', 'watch(folder).close()'],
  ['close() of a recursive one', 'watch(folder, { recursive: true }).close()'],
])('%s keeps no process alive', async (_, watching) => {
  const seen = await result<unknown>(`
    const { watch } = require(${JSON.stringify(join(dist, 'fs'))});
    const folder = ${JSON.stringify(base())};
    ${watching};
    console.log('true');
  `);
  expect(seen).toBe(true);
});

test('a watcher keeps the process alive, and a worker thread ends with one', async () => {
  const seen = await result<unknown>(`
    const { mkdirSync, readdirSync } = require('node:fs');
    const { Worker, isMainThread } = require('node:worker_threads');
    const folder = ${JSON.stringify(base())};
    const script = (end) => 'const { watch } = require(' + JSON.stringify(${JSON.stringify(join(dist, 'fs'))}) + ');'
      + 'const { parentPort, workerData } = require("node:worker_threads");'
      + 'const watcher = watch(workerData, (_, name) => {' + end + '}); parentPort.postMessage("watching");';
    const run = (end, name) => new Promise((resolve) => {
      const worker = new Worker(script(end), { eval: true, workerData: folder });
      worker.on('message', () => (name === undefined ? worker.terminate() : mkdirSync(folder + '/' + name)));
      worker.on('exit', resolve);
    });
    (async () => {
      const codes = [await run('watcher.close()', 'x'), await run(''), await run('process.exit(3)', 'y')];
      const open = readdirSync('/proc/self/fd').filter((fd) => {
        try { return require('node:fs').readlinkSync('/proc/self/fd/' + fd).includes('inotify'); } catch { return false; }
      });
      console.log(JSON.stringify([...codes, ${isOurs ? 'open.length' : '0'}]));
    })();
  `);
  expect(seen).toEqual([0, 1, 3, 0]);
});

const stalled = (): void => {
  const stage = mounted();
  afterEach(() => configure({ grace: 100 }));

  test('does not stop the loop: the watch is set up once it answers', async () => {
    const place = stage.place();
    await place.fs.late({ path: place.root });
    const heard = new Heard<unknown>();
    const watcher = oursFs.watch(place.at('empty'), (type, name) => heard.add([type, name]));
    watcher.on('stall', (mount) => heard.add(['stall', mount]));
    watcher.on('recover', (mount) => heard.add(['recover', mount]));
    await place.fs.waitHeld(1, { path: place.root });
    expect(listPending().map((op) => [op.fn(), op.pathname(), op.params()])).toEqual([
      ['watch', place.at('empty'), [place.at('empty')]],
    ]);
    expect(await heard.count(1)).toEqual([['stall', place.fs.path]]);
    await place.fs.normal();
    await place.fs.release();
    await heard.count(2);
    await oursFs.promises.mkdir(place.at('empty/x'));
    expect((await heard.count(3)).slice(1)).toEqual([
      ['recover', place.fs.path],
      ['rename', 'x'],
    ]);
    watcher.close();
  });

  test.each(['honour', 'ignore'] as const)('timeout, interrupt and close, told to %s', async (how) => {
    const place = stage.place();
    await place.fs.hold(how, { path: place.root });
    const heard = new Heard<unknown>();
    const watching = (options: object): oursFs.FSWatcher =>
      oursFs
        .watch(place.at('empty'), options)
        .on('error', (error) => heard.add(error))
        .on('close', () => heard.add('close'));
    watching({ timeout: 30 });
    expect(await heard.count(1)).toMatchObject([
      { name: 'TimeoutError', code: 'ETIMEDOUT', syscall: 'watch' },
    ]);
    watching({});
    await interrupt(listPending({ under: place.path }).filter(({ state }) => state !== 'abandoned'));
    expect((await heard.count(2))[1]).toMatchObject({ code: 'EINTR', path: place.at('empty') });
    const controller = new AbortController();
    watching({ signal: controller.signal });
    controller.abort();
    watching({ recursive: true }).close();
    expect((await heard.count(4)).slice(2)).toEqual(['close', 'close']);
    await place.fs.normal();
    await place.fs.release();
  });

  test('the end of a scope ends what is being set up', async () => {
    const place = stage.place();
    await place.fs.hold('honour', { path: place.root });
    const heard = new Heard<unknown>();
    const controller = new AbortController();
    const scope = new Fate(
      runInterruptible({ signal: controller.signal }, async () => {
        oursFs.watch(place.at('empty')).on('error', (error) => heard.add(error));
        oursFs.watch(place.at('full'), { recursive: true }).on('error', (error) => heard.add(error));
        await heard.count(2);
      }),
    );
    // For one and the same name: the kernel asks once.
    await place.fs.waitHeld(1, { path: place.root });
    await until(() => listPending({ state: 'running' }).length === 2, 'both to wait');
    controller.abort();
    expect(await heard.count(2)).toMatchObject([{ code: 'ABORT_ERR' }, { code: 'ABORT_ERR' }]);
    await scope.settled;
  });

  test('recursive: goes on where it was', async () => {
    const place = stage.place();
    await place.fs.late({ op: 'opendir', path: `${place.root}/full/a` });
    const heard = new Heard<unknown>();
    const watcher = oursFs.watch(place.at('full'), { recursive: true }, (type, name) =>
      heard.add([type, name]),
    );
    await place.fs.waitHeld(1, { path: place.root });
    await place.fs.normal();
    await place.fs.release();
    await until(() => listPending().length === 0, 'the watch to be set up');
    await oursFs.promises.mkdir(place.at('full/a/deep'));
    await until(() => heard.all.some((event) => String(event) === 'rename,a/deep'), 'the event');
    // What is found of it has to wait, as the event has.
    await place.fs.late({ path: `${place.root}/full/b` });
    const making = oursFs.promises.mkdir(place.at('full/b/deep'));
    await place.fs.waitHeld(1, { path: place.root });
    await place.fs.normal();
    await place.fs.release();
    await making;
    await until(() => heard.all.some((event) => String(event) === 'rename,b/deep'), 'the event');
    watcher.close();
  });

  test('a mount that is known to be stalled, or has kept one waiting, is not waited for', async () => {
    const place = stage.place();
    configure({ grace: 60_000 });
    await place.fs.hold('honour', { path: place.root });
    fs.symlinkSync(place.at('empty'), join(base(), 'link'));
    const watchers = [oursFs.watch(place.at('empty'))];
    configure({ grace: 100 });
    // By a link nobody knows before.
    watchers.push(oursFs.watch(join(base(), 'link')), oursFs.watch(join(base(), 'link')));
    for (let i = 0; i < 5; i++) watchers.push(oursFs.watch(place.at('full')));
    await until(() => listPending().length === watchers.length, 'all to be under way');
    for (const watcher of watchers) watcher.close();
  });

  test('with unref() it does not hold up the process', async () => {
    const place = stage.place();
    await place.fs.hold('honour', { path: place.root });
    const ended = new Fate(
      result(`
        const { watch } = require(${JSON.stringify(join(dist, 'fs'))});
        watch(${JSON.stringify(place.at('empty'))}).unref();
        setTimeout(() => console.log('true'), 50);
      `),
    );
    await place.fs.waitHeld(1, { path: place.root });
    expect((await ended.settled).value).toBe(true);
  });
};
if (isOurs) describeWith('stallfs', 'a mount that stalls', stalled);
