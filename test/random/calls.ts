// The functions of node:fs by name, called with a promise, a callback or synchronously, of the package or of Node.
import type { Dir } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { argumentsOf, dataOf } from './arguments';
import type { Step } from './step';
import {
  readHandleStream,
  readLinesStream,
  readStream,
  readWebStream,
  writeHandleStream,
  writeStream,
} from './streams';
import { manyStats, walked } from './trees';
import { plain } from './values';

export type Fn = (...args: unknown[]) => unknown;
/**
 * Functions by name: node:fs, or pendingop/fs with runIsolated(), or one of these with the faults of mutants.test.ts.
 */
export type Api = Record<string, unknown>;
/** A FileHandle, or a descriptor. */
export type Handle = number | { readonly fd: number };

/** The functions and the open handles of a sequence. */
export interface Host {
  readonly api: Api;
  /** The path of the root, with which paths and absolute links begin. */
  readonly root: string;
  readonly handles: Map<number, Handle>;
  readonly dirs: Map<number, Dir>;
  /**
   * Whether the buffer of a write is overwritten as soon as the call has settled, since nothing may read it after that.
   */
  readonly reuses: boolean;
  /** The buffers of settled reads with their content at that moment, which nothing may change afterwards. */
  readonly settled: [buffer: Buffer, then: Buffer][];
}

export interface Limits {
  signal?: AbortSignal;
  timeout?: number;
}

const names: Record<string, string> = {
  ftruncate: 'truncate',
  fstat: 'stat',
  fchmod: 'chmod',
  fchown: 'chown',
  futimes: 'utimes',
  fsync: 'sync',
  fdatasync: 'datasync',
  handleReadFile: 'readFile',
  handleWriteFile: 'writeFile',
  handleAppendFile: 'appendFile',
  writeChunks: 'writeFile',
  list: 'opendir',
  dirRead: 'read',
  dirClose: 'close',
};

const onHandle = (fn: string): boolean =>
  (fn in names && fn !== 'writeChunks' && fn !== 'list') ||
  ['close', 'read', 'readv', 'write', 'writev'].includes(fn);

export const fdOf = (handle: Handle): number => (typeof handle === 'number' ? handle : handle.fd);

const byCallback = (call: (callback: (error: unknown, value: unknown) => void) => void): Promise<unknown> =>
  new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));

/** Calls a method of a Dir, whose callback is the first argument. */
function invokeDir(host: Host, step: Step, args: unknown[]): Promise<unknown> {
  const dir = host.dirs.get(step.dir ?? 0) as unknown as Api;
  const name = names[step.fn] as string;
  const method = (suffix: string): Fn => (dir[name + suffix] as Fn).bind(dir);
  if (step.face === 'promise') return method('')(...args) as Promise<unknown>;
  if (step.face === 'callback') return byCallback((callback) => method('')(callback, ...args));
  return new Promise((resolve) => resolve(method('Sync')(...args)));
}

/** Used in place of promisify(), which takes longer than the call itself. */
const promisified = new WeakMap<Fn, Fn>();

function promisifiedOnce(fn: Fn): Fn {
  const made = promisified.get(fn) ?? (promisify(fn) as Fn);
  promisified.set(fn, made);
  return made;
}

function exists(host: Host, face: Step['face'], args: unknown[]): Promise<unknown> {
  const { exists: found, existsSync } = host.api as { exists: Fn; existsSync: Fn };
  if (face === 'promise') return promisifiedOnce(found)(...args) as Promise<unknown>;
  if (face === 'callback') return new Promise((resolve) => found(...args, resolve));
  return new Promise((resolve) => resolve(existsSync(...args)));
}

function invoke(host: Host, step: Step, args: unknown[]): Promise<unknown> {
  const { face, fn } = step;
  const { api } = host;
  if (fn === 'exists') return exists(host, face, args);
  if (fn.startsWith('dir')) return invokeDir(host, step, args);
  const handle = onHandle(fn) ? host.handles.get(step.slot ?? 0) : undefined;
  const name = names[fn] ?? fn;
  if (face === 'promise') {
    const owner = (handle ?? api.promises) as Api;
    return (owner[name] as Fn)(...args) as Promise<unknown>;
  }
  const all = handle === undefined ? args : [fdOf(handle), ...args];
  const own = fn.startsWith('handle') || fn === 'list' ? name : fn;
  if (face === 'callback') return byCallback((callback) => (api[own] as Fn)(...all, callback));
  return new Promise((resolve) => resolve((api[`${own}Sync`] as Fn)(...all)));
}

const MODULE = join(__dirname, 'isolated.cjs');

/** Runs Node's synchronous function in a process of its own; in this process if the API has no runIsolated(). */
function isolated(host: Host, step: Step, args: unknown[], limits: Limits): Promise<unknown> {
  const name = `${step.fn}Sync`;
  const { runIsolated } = host.api;
  if (runIsolated === undefined) return new Promise((resolve) => resolve((host.api[name] as Fn)(...args)));
  return (runIsolated as Fn)(MODULE, [name, ...args], limits) as Promise<unknown>;
}

/** Makes the call of a step, in this tick. */
export function start(host: Host, step: Step, limits: Limits): Promise<unknown> {
  switch (step.fn) {
    case 'readStream':
      return readStream(host, step, limits);
    case 'writeStream':
      return writeStream(host, step, limits);
    case 'handleReadStream':
      return readHandleStream(host, step, limits);
    case 'handleWriteStream':
      return writeHandleStream(host, step, limits);
    case 'handleLinesStream':
      return readLinesStream(host, step, limits);
    case 'handleWebStream':
      return readWebStream(host, step, limits);
    case 'walk':
      return walked(host, step, limits);
    case 'statMany':
      return manyStats(host, step, limits);
    case 'dirRest':
      return plain(host, step, host.dirs.get(step.dir ?? 0), []);
  }
  const data = dataOf(step);
  const [args, options] = argumentsOf(host.root, step, data);
  if (step.isolated) return isolated(host, step, options ? [...args, options] : args, limits);
  const limited = Object.keys(limits).length > 0;
  const extra = options !== undefined ? { ...options, ...limits } : limited ? limits : undefined;
  const called = invoke(host, step, extra === undefined ? args : [...args, extra]);
  if (step.ending !== undefined) {
    const after = (): void => {
      for (const buffer of data)
        if (step.fn.startsWith('read')) host.settled.push([buffer, Buffer.from(buffer)]);
        else if (host.reuses) buffer.fill(0xee);
    };
    called.then(after, after);
  }
  return called.then((value) => plain(host, step, value, data));
}
