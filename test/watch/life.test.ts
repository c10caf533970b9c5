// Watchers come and go, and keep their process alive or do not.
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as oursFs from '../../lib/fs';
import { result } from '../table/tools';
import { Heard, isOurs, withWatched } from './tools';

const base = withWatched();
const dist = join(__dirname, '../../dist');

test('many watchers of few folders come and go', async () => {
  const names = ['a', 'b', 'c'].map((name) => base(name));
  for (const name of names) fs.mkdirSync(name);
  const heard = new Heard<number>();
  for (let round = 0; round < 30; round++) {
    const watchers = names.flatMap((name) => [0, 1, 2].map(() => oursFs.watch(name, () => heard.add(round))));
    // Without a wait, so that removing old watches and adding new ones overlap.
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
      const isOpen = () => readdirSync('/proc/self/fd').some((fd) => {
        try { return require('node:fs').readlinkSync('/proc/self/fd/' + fd).includes('inotify'); } catch { return false; }
      });
      // A worker closes the last descriptor some time after the thread's end.
      if (${isOurs}) while (isOpen()) await new Promise((resolve) => setImmediate(resolve));
      console.log(JSON.stringify(codes));
    })();
  `);
  expect(seen).toEqual([0, 1, 3]);
});
