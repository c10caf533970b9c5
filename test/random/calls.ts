// The functions of node:fs by name, called with a promise, a callback or synchronously, of the package or of Node.
import type * as nodeFs from 'node:fs';
import type { Dir, Dirent, PathLike, Stats } from 'node:fs';
import { sep } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Kind } from './disk';
import { bytesOf, type Step } from './step';

type Fn = (...args: unknown[]) => unknown;
/** A module of functions, node:fs or pendingop/fs: what a test of the test puts between is one, too. */
export type Api = Record<string, unknown>;
/** A FileHandle, or a descriptor. */
export type Handle = number | { readonly fd: number };

/** What a sequence runs on. */
export interface Host {
  readonly api: Api;
  /** The root's path, and its links', as the functions take it. */
  readonly root: string;
  readonly handles: Map<number, Handle>;
  /** Whether what was given to a write is overwritten as soon as its call has settled: by then nobody reads it. */
  readonly reuses: boolean;
  /** The buffers of reads that have settled, and what they held then: nothing changes them any more. */
  readonly settled: [buffer: Buffer, then: Buffer][];
}

const names: Record<string, string> = {
  ftruncate: 'truncate',
  fstat: 'stat',
  fchmod: 'chmod',
  futimes: 'utimes',
  fsync: 'sync',
  fdatasync: 'datasync',
  handleReadFile: 'readFile',
  handleWriteFile: 'writeFile',
};

export const onHandle = (fn: string): boolean =>
  fn in names || ['close', 'read', 'readv', 'write', 'writev'].includes(fn);

export const fdOf = (handle: Handle): number => (typeof handle === 'number' ? handle : handle.fd);

function at(host: Host, path: string | undefined): string {
  return path ? `${host.root}/${path}` : host.root;
}

const kindOf = (entry: Stats | Dirent): Kind =>
  entry.isDirectory() ? 'dir' : entry.isSymbolicLink() ? 'link' : 'file';

export function statValue(stats: Stats): unknown {
  const kind = kindOf(stats);
  const isDir = kind === 'dir';
  const { mode, size, nlink, mtimeMs } = stats;
  return {
    kind,
    mode: mode & 0o7777,
    size: isDir ? -1 : size,
    links: isDir ? -1 : nlink,
    mtime: mtimeMs / 1000,
  };
}

/** The arguments but for `signal` and `timeout`, and the function's own options. */
function argumentsOf(host: Host, step: Step, data: readonly Buffer[]): [args: unknown[], options?: object] {
  const { fn, flags, mode, length = 0, time, target, recursive, force, types } = step;
  const path = at(host, step.path);
  const dest = at(host, step.dest);
  const position = step.position ?? null;
  switch (fn) {
    case 'open':
      return [[path, flags, mode]];
    case 'read':
    case 'write':
      return [[data[0], 0, length, position]];
    case 'readv':
    case 'writev':
      return [[data, position]];
    case 'ftruncate':
      return [[length]];
    case 'fchmod':
      return [[mode]];
    case 'futimes':
      return [[time, time]];
    case 'handleWriteFile':
      return [[data[0]], {}];
    case 'handleReadFile':
      return [[], {}];
    case 'writeFile':
      return [[path, data[0]], flags === undefined ? {} : { flag: flags, mode }];
    case 'appendFile':
      return [[path, data[0]], {}];
    case 'truncate':
      return [[path, length]];
    case 'mkdir':
      return [[path], { mode, recursive }];
    case 'rm':
      return [[path], { recursive, force }];
    case 'readdir':
      return [[path], { recursive, withFileTypes: types }];
    case 'opendir':
      return [[path], {}];
    case 'readFile':
    case 'stat':
    case 'lstat':
      return [[path], {}];
    case 'readlink':
    case 'realpath':
    case 'mkdtemp':
      return [[path], {}];
    case 'rmdir':
      return [[path], {}];
    case 'unlink':
      return [[path]];
    case 'rename':
    case 'link':
      return [[path, dest]];
    case 'symlink':
      return [[target, path, 'file']];
    case 'copyFile':
      return [[path, dest, force ? 1 : 0]];
    case 'chmod':
      return [[path, mode]];
    case 'utimes':
    case 'lutimes':
      return [[path, time, time]];
    case 'access':
      return [[path, 0]];
    default:
      return [[]]; // close, fstat, fsync, fdatasync
  }
}

function invoke(host: Host, step: Step, args: unknown[]): Promise<unknown> {
  const { face, fn } = step;
  const { api } = host;
  const handle = onHandle(fn) ? host.handles.get(step.slot ?? 0) : undefined;
  const name = names[fn] ?? fn;
  if (face === 'promise') {
    const owner = (handle ?? api.promises) as Api;
    return (owner[name] as Fn)(...args) as Promise<unknown>;
  }
  const all = handle === undefined ? args : [fdOf(handle), ...args];
  const own = fn.startsWith('handle') ? name : fn;
  return new Promise((resolve, reject) => {
    if (face === 'sync') return resolve((api[`${own}Sync`] as Fn)(...all));
    const callback = (error: unknown, ...values: unknown[]): void =>
      error ? reject(error) : resolve(values[0]);
    (api[own] as Fn)(...all, callback);
  });
}

function countOf(value: unknown): number {
  if (typeof value === 'number') return value;
  const { bytesRead, bytesWritten } = value as { bytesRead?: number; bytesWritten?: number };
  return (bytesRead ?? bytesWritten) as number;
}

async function namesOf(dir: Dir): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of dir) found.push(entry.name);
  return found.sort();
}

function entryName(root: string, entry: string | Dirent): string {
  if (typeof entry === 'string') return entry;
  const { parentPath } = entry as unknown as { parentPath: string };
  const path = parentPath.length > root.length ? `${parentPath.slice(root.length + 1)}${sep}` : '';
  return `${path}${entry.name}:${kindOf(entry)}`;
}

/** What the model says of the value: nothing of paths outside, of times that nobody has set, of the order of names. */
async function plain(host: Host, step: Step, value: unknown, data: readonly Buffer[]): Promise<unknown> {
  const path = at(host, step.path);
  switch (step.fn) {
    case 'open':
      host.handles.set(step.slot ?? 0, value as Handle);
      return step.slot ?? 0;
    case 'close':
      host.handles.delete(step.slot ?? 0);
      return undefined;
    case 'read':
    case 'readv':
      return Buffer.concat(data).subarray(0, countOf(value));
    case 'write':
    case 'writev':
      return countOf(value);
    case 'stat':
    case 'lstat':
    case 'fstat':
      return statValue(value as Stats);
    case 'readdir':
      return (value as (string | Dirent)[]).map((entry) => entryName(path, entry)).sort();
    case 'opendir':
      return await namesOf(value as Dir);
    case 'mkdir':
      return value === undefined ? undefined : (value as string).slice(host.root.length + 1);
    case 'realpath':
    case 'mkdtemp':
      return (value as string).slice(host.root.length + 1);
    default:
      return value;
  }
}

/** Buffers for what is read, bytes for what is written; several for the functions that take several. */
function dataOf(step: Step): Buffer[] {
  const { fn, length = 0 } = step;
  const whole = fn.startsWith('read') ? Buffer.alloc(length) : bytesOf(step);
  if (!fn.endsWith('v')) return [whole];
  const half = length >> 1;
  return [Buffer.from(whole.subarray(0, half)), Buffer.from(whole.subarray(half))];
}

interface Limits {
  signal?: AbortSignal;
  timeout?: number;
}

async function readStream(host: Host, step: Step, limits: Limits): Promise<unknown> {
  const { position, length } = step;
  const range =
    length === undefined ? {} : { start: position ?? 0, end: Math.max(0, (position ?? 0) + length - 1) };
  const open = host.api.createReadStream as typeof nodeFs.createReadStream;
  const chunks: Buffer[] = [];
  const stream = open(at(host, step.path) as PathLike, { ...range, highWaterMark: 5000, ...limits });
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function writeStream(host: Host, step: Step, limits: Limits): Promise<unknown> {
  const { flags = 'w', mode = 0o666, position } = step;
  const open = host.api.createWriteStream as typeof nodeFs.createWriteStream;
  const start = typeof position === 'number' ? { start: position } : {};
  const stream = open(at(host, step.path) as PathLike, { flags, mode, ...start, ...limits });
  const bytes = bytesOf(step);
  const third = Math.ceil(bytes.length / 3) || 1;
  for (let from = 0; from < bytes.length; from += third) stream.write(bytes.subarray(from, from + third));
  stream.end();
  await finished(stream);
  return undefined;
}

/** Makes the call of a step in this tick. */
export function start(host: Host, step: Step, limits: Limits): Promise<unknown> {
  if (step.fn === 'readStream') return readStream(host, step, limits);
  if (step.fn === 'writeStream') return writeStream(host, step, limits);
  const data = dataOf(step);
  const [args, options] = argumentsOf(host, step, data);
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
