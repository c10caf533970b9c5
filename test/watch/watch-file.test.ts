// watchFile(), compared with Node's, and on a file system that does not answer.
import diagnostics from 'node:diagnostics_channel';
import fs, { type BigIntStats, type Stats } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { listPending, type PendingOp } from '../../lib';
import * as oursFs from '../../lib/fs';
import { Description } from '../compare/description';
import { describeWith } from '../fixtures/available';
import { withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { Fate, mounted } from '../stall/place';
import { result, thrown } from '../table/tools';
import { Heard } from './tools';

type Fs = typeof fs;
const ours = oursFs as unknown as Fs;
const folder = withFolder('watch');

/** The shortest interval; each step waits for its event. */
const SOON = { interval: 1 };

const prototypes = [false, true].map((bigint) => Object.getPrototypeOf(fs.statSync('/', { bigint })));
const isLikeNodes = (stats: object): boolean => prototypes.includes(Object.getPrototypeOf(stats));

/** Returns what one event says. */
const told = (now: Stats | BigIntStats, before: Stats | BigIntStats): unknown =>
  [now, before].map((stats) => [
    ...[stats.size, stats.mode, stats.nlink, stats.mtimeMs, stats.ino > 0, stats.ctimeMs > 0],
    ...[isLikeNodes(stats), Object.keys(stats), stats.isFile(), stats.mtime],
  ]);

const when = new Date(1e12);

/** Writes by a rename, so that no look finds a half-written file. */
function put(path: string, text: string, mode = 0o644): void {
  fs.writeFileSync(`${path}.new`, text, { mode });
  fs.utimesSync(`${path}.new`, when, when);
  fs.renameSync(`${path}.new`, path);
}

/** Makes the changes one by one, each after the event of the one before. */
async function changes(its: Fs, options: object): Promise<unknown[]> {
  const path = folder('file');
  const heard = new Heard<unknown>();
  const watcher = its.watchFile(path, { ...SOON, ...options }, (now, before) => heard.add(told(now, before)));
  const steps = [
    () => put(path, 'one'),
    () => put(path, 'longer'),
    () => fs.chmodSync(path, 0o600),
    () => fs.utimesSync(path, when, new Date(2e12)),
    () => fs.unlinkSync(path),
    () => put(path, 'again', 0o640),
    () => fs.unlinkSync(path),
  ];
  try {
    for (const [index, step] of steps.entries()) {
      await heard.count(index + 1);
      step();
    }
    return await heard.count(steps.length + 1);
  } finally {
    its.unwatchFile(path);
    watcher.removeAllListeners();
  }
}

/** Resolves once a file has been looked at so often. */
async function looks(path: string, count: number): Promise<void> {
  const heard = new Heard<unknown>();
  const listener = (event: unknown): void => {
    const { op } = event as { op: PendingOp };
    if (op.pathname() === path) heard.add(op);
  };
  channel.subscribe(listener);
  oursFs.watchFile(path, SOON, () => undefined);
  try {
    await heard.count(count);
  } finally {
    oursFs.unwatchFile(path);
    channel.unsubscribe(listener);
  }
}

const channel = diagnostics.channel('pendingop:end');

afterEach(async () => {
  await until(() => listPending().length === 0, 'an empty table');
});

test.each([
  ['numbers', {}],
  ['bigints', { bigint: true }],
  ['truthy bigint', { bigint: 1 }],
])('tells what Node tells, in %s', async (_, options) => {
  const theirs = await changes(fs, options);
  const mine = await changes(ours, options);
  expect(new Description().of(mine)).toStrictEqual(new Description().of(theirs));
});

test('an existing file has no event before it changes', async () => {
  const path = folder('file');
  for (const its of [fs, ours]) {
    put(path, '1');
    const heard = new Heard<number>();
    its.watchFile(path, SOON, (_, before) => heard.add(before.size));
    let size = 1;
    // Only changes after the first look have events, and the time of that look is unknown.
    await until(() => {
      put(path, 'x'.repeat(++size));
      return heard.all.length > 0;
    }, 'an event');
    its.unwatchFile(path);
    expect(heard.all[0]).toBeGreaterThan(0);
  }
});

test('listeners share a watcher, and the last one ends it', async () => {
  const path = folder('file');
  for (const its of [fs, ours]) {
    const [one, other] = [new Heard<number>(), new Heard<number>()];
    const first = (now: Stats): void => one.add(now.size);
    const second = (now: Stats): void => other.add(now.size);
    const watcher = its.watchFile(path, SOON, first);
    expect(its.watchFile(pathToFileURL(path), second)).toBe(watcher);
    await Promise.all([one.count(1), other.count(1)]);
    its.unwatchFile(path, first);
    its.unwatchFile(path, first);
    put(path, 'one');
    expect(await other.count(2)).toEqual([0, 3]);
    expect(one.all).toEqual([0]);
    const stopped = new Promise((resolve) => watcher.once('stop', () => resolve(true)));
    its.unwatchFile(path, second);
    expect(await stopped).toBe(true);
    const again = its.watchFile(path, SOON, first);
    expect(again).not.toBe(watcher);
    again.addListener('change', second);
    its.unwatchFile(path);
    expect(again.listenerCount('change')).toBe(0);
    expect([again.ref(), again.unref(), again.constructor.name]).toEqual([again, again, 'StatWatcher']);
    its.unwatchFile(folder('none'));
    fs.unlinkSync(path);
  }
});

test('bad arguments have the errors of Node', () => {
  const path = folder('file');
  const rows: unknown[][] = [
    [],
    [path],
    [path, {}],
    [path, null],
    [path, { interval: -1 }, () => undefined],
    [path, { interval: 1.5 }, () => undefined],
    [path, { interval: 'x' }, () => undefined],
    [Buffer.from(path), () => undefined],
    ['a\0b', () => undefined],
    [5, () => undefined],
  ];
  for (const name of ['watchFile', 'unwatchFile'] as const) {
    for (const row of rows) {
      if (name === 'unwatchFile' && row[0] === path) continue;
      const [theirs, mine] = [fs, ours].map((its) =>
        thrown(() => (its[name] as (...args: unknown[]) => void)(...row)),
      );
      expect(new Description().of(mine)).toStrictEqual(new Description().of(theirs));
    }
    const shapes = [fs, ours].map((its) => [its[name].name, its[name].length]);
    expect(shapes[1]).toEqual(shapes[0]);
  }
});

test('a signal removes a listener', async () => {
  const path = folder('file');
  const controller = new AbortController();
  const heard = new Heard<number>();
  const watcher = oursFs.watchFile(path, { ...SOON, signal: controller.signal }, (now) =>
    heard.add(now.size),
  );
  await heard.count(1);
  const stopped = new Promise<void>((resolve) => watcher.once('stop', () => resolve()));
  controller.abort();
  await stopped;
  expect(watcher.listenerCount('change')).toBe(0);
  oursFs.watchFile(path, { signal: AbortSignal.abort() }, () => heard.add(0));
  expect(heard.all).toHaveLength(1);
  expect(() => oursFs.watchFile(path, { timeout: -1 }, () => undefined)).toThrow('options.timeout');
});

test('what a listener throws is an uncaught exception, in its own async context, and the next look comes', async () => {
  const seen = await result<unknown>(`
    const { AsyncLocalStorage } = require('node:async_hooks');
    const fs = require('node:fs');
    const { watchFile, unwatchFile } = require(${JSON.stringify(join(__dirname, '../../dist/fs'))});
    const path = ${JSON.stringify(folder('file'))};
    const storage = new AsyncLocalStorage();
    const seen = [];
    process.on('uncaughtException', (error) => {
      seen.push(error.message);
      if (seen.length === 1) return fs.writeFileSync(path, '');
      unwatchFile(path);
      console.log(JSON.stringify(seen));
    });
    storage.run('here', () => watchFile(path, { interval: 1 }, () => { throw new Error(storage.getStore()); }));
  `);
  expect(seen).toEqual(['here', 'here']);
});

test.each([
  ['persistent: false', 'watchFile(path, { interval: 1, persistent: false }, () => {})'],
  ['unref()', 'watchFile(path, { interval: 1 }, () => {}).unref()'],
  ['unref() of two', 'watchFile(path, { interval: 1 }, () => {}); watchFile(path, () => {}).unref().unref()'],
])('%s keeps no process alive', async (_, watching) => {
  const seen = await result<unknown>(`
    const { watchFile } = require(${JSON.stringify(join(__dirname, '../../dist/fs'))});
    const path = ${JSON.stringify(folder('file'))};
    ${watching};
    setTimeout(() => console.log('true'), 20);
  `);
  expect(seen).toBe(true);
});

test('the hook replaces it', async () => {
  const seen = await result<unknown>(
    `const fs = require('node:fs');
    const path = ${JSON.stringify(folder('file'))};
    const ops = [];
    require('node:diagnostics_channel').subscribe('pendingop:start', ({ op }) => ops.push(op.fn()));
    fs.watchFile(path, { interval: 1 }, () => {
      fs.unwatchFile(path);
      console.log(JSON.stringify([ops[0], fs.watchFile.name, fs.watchFile.length]));
    });`,
    ['--require', join(__dirname, '../../dist/register.js')],
  );
  expect(seen).toEqual(['watchFile', 'watchFile', 3]);
});

describeWith('stallfs', 'on a mount that stalls', () => {
  const stage = mounted();

  test('while a look waits the watcher emits `stall`, and goes on afterwards', async () => {
    const place = stage.place();
    const path = place.at('file');
    const heard = new Heard<string>();
    const watcher = oursFs
      .watchFile(path, SOON, (now, before) => heard.add(`change ${before.size} ${now.size}`))
      .on('stall', (mount) => heard.add(`stall ${mount}`))
      .on('recover', (mount) => heard.add(`recover ${mount}`));
    try {
      await until(async () => ((await place.fs.counts()).getattr ?? 0) > 2, 'some looks');
      await place.fs.late({ path: place.root });
      await heard.count(1);
      expect(listPending({ under: place.path }).map((op) => op.fn())).toEqual(['watchFile']);
      expect(await place.fs.held()).toHaveLength(1);
      fs.writeFileSync(place.behind('file'), 'another content');
      await place.fs.normal();
      await place.fs.release();
      const stalled = [`stall ${place.fs.path}`, `recover ${place.fs.path}`];
      expect(await heard.count(3)).toEqual([...stalled, 'change 7 15']);
    } finally {
      oursFs.unwatchFile(path);
    }
    expect(watcher.listenerCount('change')).toBe(0);
  });

  test('the end of a stuck look neither ends the watcher nor counts as a deletion', async () => {
    const place = stage.place();
    const path = place.at('file');
    const heard = new Heard<string>();
    oursFs
      .watchFile(path, { ...SOON, timeout: 20 }, (now) => heard.add(`change ${now.size}`))
      .on('stall', () => heard.add('stall'))
      .on('recover', () => heard.add('recover'));
    try {
      await until(async () => ((await place.fs.counts()).getattr ?? 0) > 2, 'some looks');
      // The kernel releases no look, so there is never more than one.
      await place.fs.hold('ignore', { path: place.root });
      await heard.count(1);
      await until(() => listPending({ under: place.path })[0]?.state === 'abandoned', 'a look that was left');
      await looks(folder('elsewhere'), 20);
      expect(await place.fs.held()).toHaveLength(1);
      await place.fs.normal();
      await place.fs.release();
      await heard.count(2);
      // Without a moment in which the file is empty.
      fs.writeFileSync(place.behind('file'), 'another content', { flag: 'r+' });
      expect(await heard.count(3)).toEqual(['stall', 'recover', 'change 15']);
    } finally {
      oursFs.unwatchFile(path);
    }
  });

  test('unwatchFile() ends a look that is stuck', async () => {
    const place = stage.place();
    await place.fs.hold('honour', { path: place.root });
    oursFs.watchFile(place.at('file'), SOON, () => undefined);
    await place.fs.waitHeld(1, { path: place.root });
    oursFs.unwatchFile(place.at('file'));
    await until(() => listPending().length === 0, 'an empty table');
  });

  test('with unref() it does not hold up the process', async () => {
    const place = stage.place();
    await place.fs.hold('honour', { path: place.root });
    const ended = new Fate(
      result(`
        const { watchFile } = require(${JSON.stringify(join(__dirname, '../../dist/fs'))});
        watchFile(${JSON.stringify(place.at('file'))}, { interval: 1 }, () => {}).unref();
        setTimeout(() => console.log('true'), 50);
      `),
    );
    await place.fs.waitHeld(1, { path: place.root });
    expect((await ended.settled).value).toBe(true);
  });
});

describeWith('stallfs', 'on a mount whose daemon is gone', () => {
  const stage = mounted('fresh');

  test('counts as a stall, not as a deletion', async () => {
    const place = stage.place();
    const heard = new Heard<string>();
    oursFs.watchFile(place.at('file'), SOON, () => heard.add('change')).on('stall', () => heard.add('stall'));
    try {
      await until(async () => ((await place.fs.counts()).getattr ?? 0) > 2, 'some looks');
      place.fs.abort();
      expect(await heard.count(1)).toEqual(['stall']);
    } finally {
      oursFs.unwatchFile(place.at('file'));
    }
  });
});
