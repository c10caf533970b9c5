// promises.watch(), compared with Node's, and on a file system that does not answer.
import fs from 'node:fs';
import nodeFsp from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { interrupt, listPending } from '../../lib';
import * as oursFs from '../../lib/fs';
import * as oursFsp from '../../lib/fs/promises';
import { Description } from '../compare/description';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { mounted } from '../stall/place';
import { rejection, result } from '../table/tools';
import { isOurs, withWatched } from './tools';

type Fsp = typeof nodeFsp;
const ours = oursFsp as unknown as Fsp;
const folder = withWatched();
const [major] = process.versions.node.split('.').map(Number) as [number];

type Events = AsyncIterator<unknown>;
const eventsOf = (its: Fsp, ...args: unknown[]): Events =>
  (its.watch as unknown as (...given: unknown[]) => AsyncIterable<unknown>)(...args)[Symbol.asyncIterator]();

/** Returns how the first next() settles. */
async function first(its: Fsp, ...args: unknown[]): Promise<unknown> {
  const events = eventsOf(its, ...args);
  return events.next().then(
    () => 'an event',
    (error: unknown) => error,
  );
}

function both(name: string, scenario: (its: Fsp, dir: string) => Promise<unknown>): void {
  test(name, async () => {
    const seen: unknown[] = [];
    for (const its of [nodeFsp, ours]) {
      const dir = folder('dir');
      fs.mkdirSync(dir);
      seen.push(new Description().of(await scenario(its, dir)));
      fs.rmSync(dir, { recursive: true });
    }
    expect(seen[1]).toStrictEqual(seen[0]);
  });
}

describe('as Node', () => {
  both('one event after the other', async (its, dir) => {
    const seen: unknown[] = [];
    for (const [path, options] of [
      [dir, undefined],
      [dir, { encoding: 'latin1' }],
      [dir, { persistent: false, encoding: 'hex' }],
      [pathToFileURL(dir), {}],
      [Buffer.from(dir), {}],
    ] as const) {
      const events = eventsOf(its, path, options);
      for (const name of ['x', 'y']) {
        const next = events.next();
        fs.mkdirSync(join(dir, name));
        seen.push(await next);
        const gone = events.next();
        fs.rmdirSync(join(dir, name));
        seen.push(await gone);
      }
      seen.push(await events.return?.(), await events.next());
    }
    return seen;
  });

  both('what is wrong is told with the first event', async (its, dir) => {
    const rows: unknown[][] = [
      [],
      [5],
      ['a\0b'],
      [join(dir, 'none')],
      [Buffer.from(join(dir, 'none'))],
      [join(dir, 'none'), { recursive: true }],
      [dir, 'utf8'],
      [dir, null],
      [dir, { persistent: 1 }],
      [dir, { recursive: 1 }],
      [dir, { encoding: 'zz' }],
      [dir, { encoding: 'buffer' }],
      [dir, { signal: 5 }],
      [dir, { signal: AbortSignal.abort('because') }],
    ];
    if (major >= 22) rows.push([dir, { maxQueue: 1.5 }], [dir, { maxQueue: 'x' }], [dir, { overflow: 'x' }]);
    const errors: unknown[] = [];
    for (const row of rows) errors.push(await first(its, ...row));
    return errors;
  });

  both('signal', async (its, dir) => {
    const seen: unknown[] = [];
    for (const recursive of [false, true]) {
      const controller = new AbortController();
      const events = eventsOf(its, dir, { signal: controller.signal, recursive });
      const next = events.next();
      fs.mkdirSync(join(dir, 'x'));
      seen.push(await next);
      const aborted = rejection(events.next());
      controller.abort('because');
      const { name, message, cause, code } = (await aborted) as NodeJS.ErrnoException;
      seen.push([name, message, cause, code]);
      fs.rmdirSync(join(dir, 'x'));
    }
    return seen;
  });
});

/** Resolves once another watcher has the event: those before have it then, too. */
async function madeAndHeard(dir: string, made: string): Promise<void> {
  const heard = new Promise<void>((resolve) => {
    const watcher = oursFs.watch(dir, (_, name) => {
      if (name !== made) return;
      watcher.close();
      resolve();
    });
  });
  fs.mkdirSync(join(dir, made));
  await heard;
}

async function kept(): Promise<void> {
  const dir = folder();
  const events = eventsOf(ours, dir, { maxQueue: 3, overflow: 'error' });
  const next = events.next();
  fs.mkdirSync(join(dir, 'a'));
  await next;
  for (const name of ['b', 'c']) fs.mkdirSync(join(dir, name));
  await madeAndHeard(dir, 'd');
  const taken = [await events.next(), await events.next(), await events.next()];
  expect(taken.map(({ value }) => (value as { filename: string }).filename)).toEqual(['b', 'c', 'd']);
  const many = eventsOf(ours, dir, { maxQueue: 1, overflow: 'error' });
  const one = many.next();
  for (const name of ['e', 'f', 'g']) fs.mkdirSync(join(dir, name));
  await one;
  await madeAndHeard(dir, 'h');
  expect(await rejection(many.next())).toMatchObject({ code: 'ERR_FS_WATCH_QUEUE_OVERFLOW' });
  await events.return?.();
}
// Node 20 keeps one event.
if (isOurs) test('events are kept until they are asked for, up to maxQueue', kept);

test('the hook replaces it, and the end of the loop leaves no descriptor', async () => {
  const seen = await result<unknown>(
    `const { promises, mkdirSync } = require('node:fs');
    const dir = ${JSON.stringify(folder())};
    const ops = [];
    require('node:diagnostics_channel').subscribe('pendingop:start', ({ op }) => ops.push(op.fn()));
    (async () => {
      setImmediate(() => mkdirSync(dir + '/x'));
      for await (const { filename } of promises.watch(dir)) { ops.push(filename); break; }
      console.log(JSON.stringify(ops.slice(0, 2)));
    })();`,
    ['--require', join(__dirname, '../../dist/register.js')],
  );
  expect(seen).toEqual(isOurs ? ['watch', 'x'] : ['x']);
});

function stalled(): void {
  const stage = mounted();

  test('timeout, interrupt, signal and return()', async () => {
    const place = stage.place();
    await place.fs.hold('ignore', { path: place.root });
    const path = place.at('empty');
    expect(await first(ours, path, { timeout: 30 })).toMatchObject({ code: 'ETIMEDOUT', path });
    const failed = first(ours, path);
    await interrupt(listPending().filter(({ state }) => state !== 'abandoned'));
    expect(await failed).toMatchObject({ code: 'EINTR', syscall: 'watch' });
    const controller = new AbortController();
    const aborted = first(ours, path, { signal: controller.signal });
    controller.abort();
    expect(await aborted).toMatchObject({ name: 'AbortError' });
    await place.fs.normal();
    await place.fs.release();
  });

  test('the loop goes on, and so does the iteration once the mount answers', async () => {
    const place = stage.place();
    await place.fs.late({ path: place.root });
    const events = eventsOf(ours, place.at('empty'));
    const next = events.next();
    await place.fs.waitHeld(1, { path: place.root });
    await place.fs.normal();
    await place.fs.release();
    await until(() => listPending().length === 0, 'the watch to be set up');
    await oursFsp.mkdir(place.at('empty/x'));
    expect((await next).value).toMatchObject({ eventType: 'rename', filename: 'x' });
    await events.return?.();
  });
}
if (isOurs) describeWith('stallfs', 'a mount that stalls', stalled);
