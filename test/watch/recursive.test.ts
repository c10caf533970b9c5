// watch() with `recursive`, compared with Node's.
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as oursFs from '../../lib/fs';
import { until } from '../fixtures/leaks';
import { Heard, withWatched } from './tools';

type Fs = typeof fs;
const ours = oursFs as unknown as Fs;
const base = withWatched();

/** Returns the events of each name. */
function byName(log: readonly unknown[][]): unknown {
  const names = new Map<unknown, Set<unknown>>();
  for (const [type, name] of log) names.set(name, (names.get(name) ?? new Set()).add(type));
  return [...names].map(([name, types]) => [name, [...types].sort()]).sort();
}

/** Makes each step after the events of the one before. */
async function tree(its: Fs): Promise<unknown> {
  const dir = base('dir');
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

test('reports what exists below and what comes later', async () => {
  const theirs = await tree(fs);
  expect(await tree(ours)).toEqual(theirs);
});

test('a file by itself, and its end', async () => {
  for (const its of [fs, ours]) {
    const path = base('file');
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

test('`close` comes at once, and no event after it', async () => {
  for (const its of [fs, ours]) {
    const heard = new Heard<string>();
    const watcher = its.watch(base(), { recursive: true }, () => heard.add('change'));
    watcher.on('close', () => heard.add('close'));
    watcher.close();
    watcher.close();
    expect(heard.all).toEqual(['close']);
  }
});
