// The hook replaces functions before it loads their implementation.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { functions } from '../../lib/fs/callback/functions';
import promises from '../../lib/fs/promises';
import { callbackNames, promiseNames } from '../../lib/fs/requests/names';

const hook = join(__dirname, '../../dist/register.js');

// A setting before the first call loads the addon: PENDINGOP_KILLABLE, or test/fixtures/killable.cjs, which it preloads.
const { PENDINGOP_KILLABLE: _, NODE_OPTIONS: __, ...env } = process.env;

function said(script: string): unknown {
  const options = { encoding: 'utf8', cwd: join(__dirname, '../..'), timeout: 60_000, env } as const;
  return JSON.parse(
    execFileSync(process.execPath, ['--no-warnings', '--require', hook, '-e', script], options),
  );
}

test('every replaced function is in the list of names', () => {
  expect([...callbackNames].sort()).toEqual(Object.keys(functions).sort());
  const { promises: nodes } = fs as { promises: Record<string, unknown> };
  const ours = promises as Record<string, unknown>;
  const missing = promiseNames.filter((name) => typeof ours[name] !== typeof nodes[name]);
  expect(missing).toEqual([]);
});

test('each function that is ours is in place', () => {
  const script = `const all = () => ({ ...require('node:fs'), promises: { ...require('node:fs/promises') } });
    const hooked = all();
    require('./dist/register.js').register()();
    const nodes = all();
    const same = (ours, theirs, names) => names.filter((name) => theirs[name] && ours[name] === theirs[name]);
    const { callbackNames, promiseNames, watcherNames } = require('./dist/fs/requests/names');
    console.log(JSON.stringify([
      same(hooked, nodes, [...callbackNames, ...watcherNames, 'createReadStream', 'createWriteStream', 'ReadStream', 'WriteStream']),
      same(hooked.promises, nodes.promises, promiseNames)]));`;
  expect(said(script)).toEqual([[], []]);
});

test('a function that only some versions of Node have is replaced in these', () => {
  const script = `const { mkdtempDisposable } = require('node:fs/promises');
    const { onPending, trackPending } = require('./dist');
    trackPending(true);
    const started = [];
    onPending(({ type, op }) => type === 'start' && started.push(op.fn()));
    const made = mkdtempDisposable?.(require('node:os').tmpdir() + '/late-');
    console.log(JSON.stringify([typeof mkdtempDisposable, started]));
    made?.then((directory) => directory.remove());`;
  const isThere = 'mkdtempDisposable' in fs.promises;
  expect(said(script)).toEqual(isThere ? ['function', ['mkdtemp']] : ['undefined', []]);
});

test('the first call loads the addon', () => {
  const script = `const loaded = () => Object.keys(require.cache).some((path) => path.endsWith('.node'));
    const before = loaded();
    require('node:fs').stat('/', () => console.log(JSON.stringify([before, loaded()])));`;
  expect(said(script)).toEqual([false, true]);
});

test('a call goes to Node while the implementation cannot be loaded', () => {
  const script = `const Module = require('node:module');
    const load = Module._load;
    Module._load = () => { throw new Error('no descriptor is left'); };
    const loaded = () => Object.keys(process.mainModule?.require.cache ?? require.cache).some((path) => path.endsWith('.node'));
    const fs = process.getBuiltinModule?.('fs') ?? load('node:fs');
    fs.readFile('/dev/null', 'utf8', (error, text) => {
      const before = loaded();
      Module._load = load;
      fs.stat('/', (failed, stats) => console.log(JSON.stringify([error, text, before, stats.isDirectory(), loaded()])));
    });`;
  expect(said(script)).toEqual([null, '', false, true, true]);
});

test('the classes of the streams are made when first read, and two names give the same class', () => {
  const script = `const fs = require('node:fs');
    const made = () => process.moduleLoadList.includes('NativeModule internal/fs/streams');
    const before = made();
    const { ReadStream, FileReadStream } = fs;
    const stream = fs.createReadStream('/dev/null');
    stream.on('close', () => console.log(JSON.stringify(
      [before, made(), ReadStream === FileReadStream, fs.ReadStream === ReadStream, stream instanceof ReadStream])));
    stream.resume();`;
  expect(said(script)).toEqual([false, true, true, true, true]);
});

test('a class that a program assigns makes the streams, and may inherit from ours', () => {
  const script = `const fs = require('node:fs');
    const undo = require(${JSON.stringify(hook)}).register();
    class Mine extends fs.ReadStream {}
    fs.ReadStream = Mine;
    const stream = fs.createReadStream('/dev/null');
    stream.on('close', () => {
      const own = [fs.ReadStream === Mine, stream instanceof Mine];
      undo();
      console.log(JSON.stringify([...own, fs.ReadStream === Mine, fs.WriteStream.name]));
    });
    stream.resume();`;
  expect(said(script)).toEqual([true, true, true, 'WriteStream']);
});
