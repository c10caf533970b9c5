// watch() on a file system that does not answer.
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { configure, interrupt, listPending, runInterruptible } from '../../lib';
import * as oursFs from '../../lib/fs';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { Fate, mounted } from '../stall/place';
import { result } from '../table/tools';
import { Heard, isOurs, withWatched } from './tools';

const base = withWatched();
const dist = join(__dirname, '../../dist');

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

  test('the end of a scope ends a watch that is being set up', async () => {
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
    // Both are for the same name, so the kernel makes one request.
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
    // The listing of the new folder waits, as its event does.
    await place.fs.late({ path: `${place.root}/full/b` });
    const making = oursFs.promises.mkdir(place.at('full/b/deep'));
    await place.fs.waitHeld(1, { path: place.root });
    await place.fs.normal();
    await place.fs.release();
    await making;
    await until(() => heard.all.some((event) => String(event) === 'rename,b/deep'), 'the event');
    watcher.close();
  });

  test('a watch does not wait for a mount that is known to be stalled or has kept one waiting', async () => {
    const place = stage.place();
    configure({ grace: 60_000 });
    await place.fs.hold('honour', { path: place.root });
    fs.symlinkSync(place.at('empty'), base('link'));
    const watchers = [oursFs.watch(place.at('empty'))];
    configure({ grace: 100 });
    // By a link that the package has not seen before.
    watchers.push(oursFs.watch(base('link')), oursFs.watch(base('link')));
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
else
  test("with the portable backend a watcher is Node's own, and no op", () => {
    const watchers = [oursFs.watch(base()), fs.watch(base())];
    expect(Object.getPrototypeOf(watchers[0])).toBe(Object.getPrototypeOf(watchers[1]));
    expect(listPending()).toEqual([]);
    for (const watcher of watchers) watcher.close();
  });
