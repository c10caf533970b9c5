import type { EventEmitter } from 'node:events';
import fs from 'node:fs';
import nodeFsp, { type FileHandle } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { inspect, types } from 'node:util';
import * as oursFsp from '../../lib/fs/promises';
import { removeTree } from '../fixtures/remove';
import { Description, Settled } from './description';

export { Exact, Settled } from './description';

/*
 * Runs a scenario twice, with Node's fs/promises and with ours, each in a fresh directory of the same layout, and
 * compares the results. An error that the scenario does not settle fails the test.
 */

export type Fsp = typeof nodeFsp;
/** Node's types leave out these two parts of a FileHandle. */
export type Handle = FileHandle & EventEmitter & { getAsyncId(): number };
export type Scenario = (fsp: Fsp, dir: string) => unknown;
/**
 * With PENDINGOP_BASELINE, Node itself: scripts/wine.mjs learns in this way which scenarios fail on a system, or differ
 * from run to run.
 */
export const ours = process.env.PENDINGOP_BASELINE === '1' ? nodeFsp : (oursFsp as unknown as Fsp);

export async function settle(act: () => unknown): Promise<Settled> {
  let value: unknown;
  try {
    value = act();
  } catch (error) {
    return new Settled('threw', error);
  }
  if (!types.isPromise(value)) return new Settled('returned', value);
  try {
    return new Settled('resolved', await value);
  } catch (error) {
    return new Settled('rejected', error);
  }
}

/** Calls the functions one after the other. Each settles before the next begins. */
export async function settleAll(...acts: (() => unknown)[]): Promise<Settled[]> {
  const all: Settled[] = [];
  for (const act of acts) all.push(await settle(act));
  return all;
}

export function both(name: string, scenario: Scenario): void {
  test(name, async () => {
    const theirs = await record(nodeFsp, scenario);
    const mine = await record(ours, scenario);
    expect(mine).toStrictEqual(theirs);
  });
}

export function cases(title: string, rows: Record<string, Scenario>): void {
  describe(title, () => {
    for (const [name, scenario] of Object.entries(rows)) both(name, scenario);
  });
}

/** Opens a file, uses the handle and closes it. The scenario may have closed it already. */
export async function withHandle<T>(
  fsp: Fsp,
  file: string,
  flags: string | number,
  use: (handle: Handle) => T | Promise<T>,
): Promise<T> {
  const handle = await fsp.open(file, flags);
  try {
    return await use(handle as Handle);
  } finally {
    await handle.close();
  }
}

let base = '';
/** Returns a scenario on an open file of the layout. */
export function onHandle(
  flags: string,
  use: (handle: Handle, fsp: Fsp, dir: string) => unknown,
  name = 'file.txt',
): Scenario {
  return (fsp, dir) => withHandle(fsp, path.join(dir, name), flags, (handle) => use(handle, fsp, dir));
}

/** Returns a scenario of several acts, which reports what each has left on the disk. */
export function onTree(...acts: Scenario[]): Scenario {
  return async (fsp, dir) => {
    const seen = [];
    for (const act of acts) seen.push(await settle(() => act(fsp, dir)), tree(dir));
    return seen;
  };
}

beforeAll(() => {
  base = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'compare-'));
});
afterAll(() => removeTree(base));

/**
 * Both runs use the same path, and the first directory is removed before the second run. So paths in results are the
 * same.
 */
async function record(fsp: Fsp, scenario: Scenario): Promise<unknown> {
  const dir = path.join(base, 'dir');
  try {
    relayout(dir);
    return new Description().of(await scenario(fsp, dir));
  } finally {
    removeTree(dir);
  }
}

export const utf8Text = 'zażółć gęślą jaźń \u{1f600} 漢字\n';

function layout(dir: string): void {
  const file = (name: string, data: string | Uint8Array, mode = 0o644): void => {
    fs.writeFileSync(path.join(dir, name), data);
    fs.chmodSync(path.join(dir, name), mode);
  };
  for (const name of ['sub', 'sub/deep', 'emptydir']) fs.mkdirSync(path.join(dir, name));
  file('file.txt', 'hello, world\n');
  file('empty', '');
  file('utf8.txt', utf8Text);
  file(
    'bytes.bin',
    Uint8Array.from({ length: 256 }, (_, i) => i),
  );
  file('exec.sh', '#!/bin/sh\n', 0o755);
  for (const name of ['sub/a.txt', 'sub/b.txt', 'sub/deep/c.txt']) file(name, name);
  const links = { link: 'file.txt', dirlink: 'sub', dangling: 'missing', loop: 'loop2', loop2: 'loop' };
  for (const [name, target] of Object.entries(links)) fs.symlinkSync(target, path.join(dir, name));
}

export function relayout(dir: string): void {
  removeTree(dir);
  fs.mkdirSync(dir);
  layout(dir);
}

/** Returns the result, or the code of the error: only root may look into a directory without permissions. */
function tried<T>(look: () => T): T | string {
  try {
    return look();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** Returns what is on the disk below `dir`, read with Node's synchronous functions. Names are in latin1. */
export function tree(dir: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const walk = (at: string): void => {
    const bytes = (name: string): Buffer =>
      Buffer.concat([Buffer.from(`${dir}/`), Buffer.from(name, 'latin1')]);
    const names = tried(() => fs.readdirSync(bytes(at), 'latin1'));
    if (typeof names === 'string') {
      found[`${at}/*`] = names;
      return;
    }
    for (const name of names.sort()) {
      const entry = path.join(at, name);
      const full = bytes(entry);
      const stat = tried(() => fs.lstatSync(full));
      if (typeof stat === 'string') {
        found[entry] = stat;
        continue;
      }
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isSymbolicLink()) found[entry] = `-> ${fs.readlinkSync(full)}`;
      else if (stat.isDirectory()) found[`${entry}/`] = mode;
      else found[entry] = [mode, stat.isFile() ? tried(() => fs.readFileSync(full)) : stat.mode];
      if (stat.isDirectory()) walk(entry);
    }
  };
  walk('');
  return found;
}

export class Foo {}

/** Returns wrong values for almost any argument. With `dir`, strings and buffers are paths in it. */
export function badValues(dir?: string): [label: string, value: unknown][] {
  const text = dir === undefined ? 'bad' : `${dir}/bad`;
  const plain = [undefined, null, 0, 1, -1, 1.5, Number.NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32, 2 ** 53];
  return [
    ...[...plain, 10n, true, false].map((value): [string, unknown] => [inspect(value), value]),
    ['symbol', Symbol('s')],
    ['{}', {}],
    ['null prototype', Object.create(null)],
    ['[]', []],
    ['[1]', [1]],
    ['arrow', () => {}],
    ['class', Foo],
    ['instance', new Foo()],
    ['string', text],
    ['empty string', ''],
    ['Date', new Date(0)],
    ['Buffer', Buffer.from(new TextEncoder().encode(text).buffer)], // not from Buffer's pool, so its `offset` is the same in each run
    ['empty Uint8Array', new Uint8Array(0)],
    ['Float64Array', new Float64Array(2)],
    ['ArrayBuffer', new ArrayBuffer(2)],
    ['Map', new Map()],
    ['RegExp', /x/],
    ['boxed string', Object('bad')],
    ['long string', text.padEnd(200, 'x')],
    ['multi-line string', `${text}\n'"\``],
  ];
}
