import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import nodeFsp from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { inspect, types } from 'node:util';
import { listPending, trackPending } from '../../lib';
import * as oursFsp from '../../lib/fs/promises';

/*
 * Runs a scenario twice, with Node's fs/promises and with ours, each in a fresh directory of the same layout, and
 * compares what it returned. Values are first described as plain trees: jest runs tests in a realm of their own, so
 * Node's arrays and errors have other prototypes than ours though a user sees the same ones. Classes are therefore
 * compared by the names along the prototype chain, and by instanceof where the class is exported.
 */

export type Fsp = typeof nodeFsp;
export type Scenario = (fsp: Fsp, dir: string) => unknown;
export const ours = oursFsp as unknown as Fsp;

/** What became of one call inside a scenario. Errors that a scenario does not settle fail the test. */
export class Settled {
  constructor(
    readonly how: 'returned' | 'threw' | 'resolved' | 'rejected',
    readonly value: unknown,
  ) {}
}

/** Compares times, inode numbers and block counts too: for objects that both runs share. */
export class Exact {
  constructor(readonly value: unknown) {}
}

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

/** One after the other, each settled before the next begins. */
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

/** Opens, runs, closes; the scenario may have closed it already. */
export async function withHandle<T>(
  fsp: Fsp,
  file: string,
  flags: string | number,
  use: (handle: nodeFsp.FileHandle) => T | Promise<T>,
): Promise<T> {
  const handle = await fsp.open(file, flags);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

let base = '';
beforeAll(() => {
  base = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'compare-'));
  trackPending(true);
});
afterAll(() => {
  trackPending(false);
  fs.rmSync(base, { recursive: true });
});
afterEach(() => expect(listPending().map(String)).toEqual([]));

/** Both runs get a directory of the same name, the first is gone when the second begins: paths need no rewriting. */
async function record(fsp: Fsp, scenario: Scenario): Promise<unknown> {
  const dir = path.join(base, 'dir');
  try {
    relayout(dir);
    return new Description().of(await scenario(fsp, dir));
  } finally {
    fs.rmSync(dir, { recursive: true });
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
  file('bytes.bin', Uint8Array.from({ length: 256 }, (_, i) => i));
  file('exec.sh', '#!/bin/sh\n', 0o755);
  for (const name of ['sub/a.txt', 'sub/b.txt', 'sub/deep/c.txt']) file(name, name);
  const links = { link: 'file.txt', dirlink: 'sub', dangling: 'missing', loop: 'loop2', loop2: 'loop' };
  for (const [name, target] of Object.entries(links)) fs.symlinkSync(target, path.join(dir, name));
}

export function relayout(dir: string): void {
  fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(dir);
  layout(dir);
}

/** What is on disk below `dir`, names as latin1, read with Node's synchronous calls. */
export function tree(dir: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const walk = (at: string): void => {
    const bytes = (name: string): Buffer => Buffer.concat([Buffer.from(`${dir}/`), Buffer.from(name, 'latin1')]);
    for (const name of fs.readdirSync(bytes(at), 'latin1').sort()) {
      const entry = path.join(at, name);
      const full = bytes(entry);
      const stat = fs.lstatSync(full);
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isSymbolicLink()) found[entry] = `-> ${fs.readlinkSync(full)}`;
      else if (stat.isDirectory()) found[`${entry}/`] = mode;
      else found[entry] = [mode, stat.isFile() ? fs.readFileSync(full) : stat.mode];
      if (stat.isDirectory()) walk(entry);
    }
  };
  walk('');
  return found;
}

export class Foo {}

/** Wrong values for almost any argument. `dir` makes strings and buffers paths that lie in it. */
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
    ['Buffer', Buffer.from(new TextEncoder().encode(text).buffer)], // not pooled: it has an `offset` to be read
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

const classes = { Stats: fs.Stats, Dirent: fs.Dirent, Dir: fs.Dir, EventEmitter, Readable, Writable };
const streams = { ReadStream: fs.ReadStream, WriteStream: fs.WriteStream };
const changing = /^(ino|blocks|([amc]|birth)time(Ms|Ns)?)$/;
const changingText = /\b(ino|blocks|(?:[amc]|birth)time(?:Ms|Ns)?): [^,\n}]+/g;

class Description {
  #exact = false;

  of(value: unknown): unknown {
    if (typeof value === 'string') return shortened(value);
    if (typeof value === 'symbol') return String(value);
    if (typeof value === 'function') return `function ${value.name}/${value.length}`;
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Settled) return { [value.how]: this.of(value.value) };
    if (value instanceof Exact) return this.#exactly(value.value);
    if (Array.isArray(value)) return value.map((item) => this.of(item));
    if (types.isNativeError(value)) return this.#error(value);
    return this.#object(value);
  }

  #exactly(value: unknown): unknown {
    this.#exact = true;
    const described = this.of(value);
    this.#exact = false;
    return described;
  }

  #inspected(value: unknown): string {
    const text = inspect(value, { depth: 4 }).replaceAll(/\n +at .*/g, '');
    return this.#exact ? text : text.replaceAll(changingText, '$1');
  }

  #error(error: Error): unknown {
    const { name, message, cause, stack = '' } = error;
    const is = chain(error).filter((each) => each !== 'NodeError');
    if (name === 'AbortError') {
      // Ours is an InterruptError with more to say, by contract.
      return { name, message, code: Reflect.get(error, 'code'), cause: this.of(cause), error: is.includes('Error') };
    }
    // Node shows the name that mkdtemp could not make, random letters included.
    const random = /, mkdtemp '.*(.{6})'$/s.exec(message)?.[1];
    const text = (all: string): string =>
      shortened(random === undefined || random === 'XXXXXX' ? all : all.replaceAll(random, '??????'));
    const values = Object.keys(error).map((key) => Reflect.get(error, key));
    return {
      is: [...new Set(is)],
      name,
      message: text(message),
      keys: Object.keys(error),
      names: Object.getOwnPropertyNames(error).sort(),
      values: values.map((value) => (typeof value === 'string' ? text(value) : this.of(value))),
      cause: this.of(cause),
      string: text(String(error)),
      stack: text(stack.split('\n    at ')[0] ?? ''),
      // Brackets tell only that there were no frames in the stack.
      inspected: text(this.#inspected(error).replace(/^\[(.*)\](?=$| \{)/s, '$1')),
    };
  }

  #object(value: object): unknown {
    const is = chain(value);
    if (types.isDate(value)) return { is, time: value.getTime() };
    if (ArrayBuffer.isView(value)) {
      // A detached view has no length, and no buffer that could be looked at.
      const { byteLength: length } = value;
      const bytes = length === 0 ? '' : Buffer.from(value.buffer, value.byteOffset, length).toString('latin1');
      return { is, buffer: Buffer.isBuffer(value), bytes: shortened(bytes) };
    }
    if (types.isAnyArrayBuffer(value)) return { is, bytes: shortened(Buffer.from(value).toString('latin1')) };
    const instanceOf = Object.entries({ ...classes, ...streams })
      .filter(([, each]) => value instanceof each)
      .map(([name]) => name);
    if (value instanceof EventEmitter || value instanceof fs.Dir) return { is, instanceOf };
    const fields = Object.keys(value).map((key) => [key, this.#field(key, Reflect.get(value, key))]);
    if (is[0] === 'Object' || is.length === 0) return { is, fields };
    const prototype: object = Object.getPrototypeOf(value);
    const questions = allKeys(prototype).filter((key) => /^is[A-Z]/.test(key));
    const answers = questions.map((key) => `${key}: ${Reflect.get(value, key).call(value)}`);
    return { is, instanceOf, fields, answers: answers.sort(), inspected: shortened(this.#inspected(value)) };
  }

  #field(key: string, value: unknown): unknown {
    if (this.#exact || !changing.test(key)) return this.of(value);
    return types.isDate(value) ? 'Date' : typeof value;
  }
}

function shortened(text: string): string {
  if (text.length <= 2000) return text;
  return `${text.slice(0, 80)}… ${text.length} ${createHash('sha1').update(text).digest('hex')}`;
}

function chain(value: object): string[] {
  const names: string[] = [];
  for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    names.push(Object.hasOwn(at, 'constructor') ? at.constructor.name : '');
  }
  return names;
}

function allKeys(prototype: object | null): string[] {
  if (prototype === null) return [];
  return [...Object.getOwnPropertyNames(prototype), ...allKeys(Object.getPrototypeOf(prototype))];
}
