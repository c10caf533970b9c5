// What the hook puts in place before it loads what is behind it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { functions } from '../../lib/fs/callback/functions';
import promises from '../../lib/fs/promises';
import { callbackNames, promiseNames } from '../../lib/fs/requests/names';

const hook = join(__dirname, '../../dist/register.js');

// What is set before the first call loads the addon: by PENDINGOP_KILLABLE, or by test/fixtures/killable.cjs, which is preloaded with it.
const { PENDINGOP_KILLABLE: _, NODE_OPTIONS: __, ...env } = process.env;

function said(script: string): unknown {
  const options = { encoding: 'utf8', cwd: join(__dirname, '../..'), timeout: 60_000, env } as const;
  return JSON.parse(
    execFileSync(process.execPath, ['--no-warnings', '--require', hook, '-e', script], options),
  );
}

test('all functions that are ours are named', () => {
  expect([...callbackNames].sort()).toEqual(Object.keys(functions).sort());
  const { promises: nodes } = fs as { promises: Record<string, unknown> };
  const ours = promises as Record<string, unknown>;
  const missing = promiseNames.filter((name) => typeof ours[name] !== typeof nodes[name]);
  expect(missing).toEqual([]);
});

test('what only some versions of Node have is ours where it is', () => {
  const script = `const { mkdtempDisposable } = require('node:fs/promises');
    const { listPending, trackPending } = require('./dist');
    trackPending(true);
    const made = mkdtempDisposable?.(require('node:os').tmpdir() + '/late-');
    console.log(JSON.stringify([typeof mkdtempDisposable, listPending().map((op) => op.fn())]));
    made?.then((directory) => directory.remove());`;
  const isThere = 'mkdtempDisposable' in fs.promises;
  expect(said(script)).toEqual(isThere ? ['function', ['mkdtemp']] : ['undefined', []]);
});

test('the calls are loaded by the first of them', () => {
  const script = `const loaded = () => Object.keys(require.cache).some((path) => path.endsWith('.node'));
    const before = loaded();
    require('node:fs').stat('/', () => console.log(JSON.stringify([before, loaded()])));`;
  expect(said(script)).toEqual([false, true]);
});

test('a call is left to Node while they cannot be loaded', () => {
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

test('the classes of the streams are made when they are asked for, and stay one under two names', () => {
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

test('a class that a program assigns is the one that makes streams, and it may inherit from ours', () => {
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
