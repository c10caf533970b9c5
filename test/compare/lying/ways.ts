// All functions that read, write or copy a file.
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type Its, theirs, type Way, type Ways } from './liar';

/** Returns a promise of what a function passes to its callback. */
export function called<T = unknown>(fn: (...args: never[]) => void, ...args: unknown[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, value: T): void => (error ? reject(error) : resolve(value));
    (fn as (...args: unknown[]) => void)(...args, done);
  });
}

/**
 * Calls a synchronous function. Ours gets a timeout that does not pass, since without one it is Node's own. On both
 * sides Node opens the descriptors.
 */
export function sync(its: Its['fs'], name: keyof Its['fs'], ...args: unknown[]): unknown {
  if (its === theirs.fs) return (its[name] as (...given: unknown[]) => unknown)(...args);
  const last = args.at(-1);
  const isOptions = Object.getPrototypeOf(Object(last)) === Object.prototype;
  const limited = { ...(isOptions ? (last as object) : {}), timeout: 60_000 };
  return (its[name] as (...given: unknown[]) => unknown)(...(isOptions ? args.slice(0, -1) : args), limited);
}

const onHandle =
  (name: string, flags: string, use: (handle: FileHandle) => unknown): Way =>
  async ({ fsp }, dir) => {
    const handle = await fsp.open(join(dir, name), flags);
    let used: unknown;
    try {
      used = await use(handle);
    } catch (error) {
      used = error;
    }
    // A stream may have closed the descriptor.
    await handle.close();
    return used;
  };

const onDescriptor =
  (name: string, flags: string, use: (fd: number, its: Its['fs']) => unknown): Way =>
  async ({ fs }, dir) => {
    const fd = fs.openSync(join(dir, name), flags);
    let used: unknown;
    try {
      used = await use(fd, fs);
    } catch (error) {
      used = error;
    }
    fs.closeSync(fd);
    return used;
  };

/** Returns the content of a stream up to its end or its error, and which of the two came. */
async function drained(stream: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  const seen: unknown[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const name of ['end', 'error']) stream.on(name, (error) => seen.push(name, error));
  await new Promise((resolve) => stream.once('close', () => resolve(undefined)));
  return [Buffer.concat(chunks), seen];
}

async function filled(stream: Writable, ...chunks: (string | Buffer)[]): Promise<unknown> {
  const seen: unknown[] = [];
  for (const name of ['finish', 'error']) stream.on(name, (error) => seen.push(name, error));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await new Promise((resolve) => stream.once('close', () => resolve(undefined)));
  return [seen, Reflect.get(stream, 'bytesWritten')];
}

const blank = (size: number): Buffer => Buffer.alloc(size);
const two = (): Buffer[] => [blank(800), blank(800)];

/** Returns all ways to read the file `name`. */
export const readers = (name: string): Ways => ({
  'promises.readFile': ({ fsp }, dir) => fsp.readFile(join(dir, name)),
  'handle.readFile': onHandle(name, 'r', (handle) => handle.readFile()),
  'handle.read': onHandle(name, 'r', (handle) => handle.read(blank(4000))),
  'handle.read at a position': onHandle(name, 'r', (handle) => handle.read(blank(100_000), 0, 100_000, 10)),
  'handle.read, twice': onHandle(name, 'r', async (handle) => [
    await handle.read(blank(4000)),
    await handle.read(blank(4000)),
  ]),
  'handle.readv': onHandle(name, 'r', (handle) => handle.readv(two())),
  'handle.readLines': onHandle(name, 'r', async (handle) => {
    const lines = [];
    for await (const line of handle.readLines()) lines.push(line);
    return lines;
  }),
  'handle.createReadStream': onHandle(name, 'r', (handle) => drained(handle.createReadStream())),
  'handle.createReadStream, a part': onHandle(name, 'r', (handle) =>
    drained(handle.createReadStream({ start: 7, end: 100_000, highWaterMark: 30_000 })),
  ),
  'handle.readableWebStream': onHandle(name, 'r', async (handle) => {
    const chunks: Buffer[] = [];
    for await (const chunk of handle.readableWebStream({ type: 'bytes' }))
      chunks.push(Buffer.from(chunk as ArrayBuffer));
    return Buffer.concat(chunks);
  }),
  readFile: ({ fs }, dir) => called(fs.readFile, join(dir, name)),
  'readFile of a descriptor': onDescriptor(name, 'r', (fd, fs) => called(fs.readFile, fd)),
  read: onDescriptor(name, 'r', async (fd, fs) => {
    const into = blank(4000);
    return [await called(fs.read, fd, into, 0, 4000, null), into];
  }),
  readv: onDescriptor(name, 'r', async (fd, fs) => {
    const into = two();
    return [await called(fs.readv, fd, into, null), into];
  }),
  createReadStream: ({ fs }, dir) => drained(fs.createReadStream(join(dir, name))),
  'createReadStream, a part': ({ fs }, dir) =>
    drained(fs.createReadStream(join(dir, name), { start: 7, end: 100_000, highWaterMark: 30_000 })),
  readFileSync: ({ fs }, dir) => sync(fs, 'readFileSync', join(dir, name)),
  'readFileSync, as text': ({ fs }, dir) => sync(fs, 'readFileSync', join(dir, name), { encoding: 'utf8' }),
  'readFileSync of a descriptor': onDescriptor(name, 'r', (fd, fs) => sync(fs, 'readFileSync', fd)),
  readSync: onDescriptor(name, 'r', (fd, fs) => {
    const into = blank(4000);
    return [sync(fs, 'readSync', fd, into), into];
  }),
  readvSync: onDescriptor(name, 'r', (fd, fs) => {
    const into = two();
    return [sync(fs, 'readvSync', fd, into), into];
  }),
});

/** Returns all ways to copy the file `name`, or the folder `folder`. */
export const copiers = (name: string): Ways => ({
  'promises.copyFile': ({ fsp }, dir) => fsp.copyFile(join(dir, name), join(dir, 'copy')),
  copyFile: ({ fs }, dir) => called(fs.copyFile, join(dir, name), join(dir, 'copy')),
  copyFileSync: ({ fs }, dir) => sync(fs, 'copyFileSync', join(dir, name), join(dir, 'copy')),
  'promises.cp of a file': ({ fsp }, dir) => fsp.cp(join(dir, name), join(dir, 'copy')),
  'cp of a file': ({ fs }, dir) => called(fs.cp, join(dir, name), join(dir, 'copy')),
  'cpSync of a file': ({ fs }, dir) => sync(fs, 'cpSync', join(dir, name), join(dir, 'copy')),
  ...treeCopiers,
});

const RECURSIVE = { recursive: true } as const;

export const treeCopiers: Ways = {
  'promises.cp': ({ fsp }, dir) => fsp.cp(join(dir, 'folder'), join(dir, 'tree'), RECURSIVE),
  cp: ({ fs }, dir) => called(fs.cp, join(dir, 'folder'), join(dir, 'tree'), RECURSIVE),
  cpSync: ({ fs }, dir) => sync(fs, 'cpSync', join(dir, 'folder'), join(dir, 'tree'), RECURSIVE),
};

const large = Buffer.alloc(10_000, 'abcdefghij');
const huge = Buffer.alloc(200_000, 'klmnopqrst');
const FLUSH = { flush: true } as const;

/** Returns all ways to write the file `new`. */
export const writers: Ways = {
  'promises.writeFile': ({ fsp }, dir) => fsp.writeFile(join(dir, 'new'), huge),
  'promises.writeFile of text': ({ fsp }, dir) => fsp.writeFile(join(dir, 'new'), 'text'.repeat(3000)),
  'promises.writeFile of parts': ({ fsp }, dir) => fsp.writeFile(join(dir, 'new'), [large, huge]),
  'promises.writeFile with flush': ({ fsp }, dir) => fsp.writeFile(join(dir, 'new'), large, FLUSH),
  'promises.appendFile': ({ fsp }, dir) => fsp.appendFile(join(dir, 'new'), large),
  'handle.write': onHandle('new', 'w', (handle) => handle.write(huge)),
  'handle.write of a part': onHandle('new', 'w', (handle) => handle.write(large, 5, 4000, 3)),
  'handle.write of text': onHandle('new', 'w', (handle) => handle.write('text'.repeat(3000))),
  'handle.writev': onHandle('new', 'w', (handle) => handle.writev([large, huge, large.subarray(0, 7), huge])),
  'handle.writev at a position': onHandle('new', 'w', (handle) => handle.writev([large, large], 100)),
  'handle.writeFile': onHandle('new', 'w', (handle) => handle.writeFile(huge)),
  'handle.appendFile': onHandle('new', 'a', (handle) => handle.appendFile(large)),
  'handle.createWriteStream': onHandle('new', 'w', (handle) =>
    filled(handle.createWriteStream(), large, huge, 'the end'),
  ),
  writeFile: ({ fs }, dir) => called(fs.writeFile, join(dir, 'new'), huge),
  'writeFile that appends': ({ fs }, dir) => called(fs.writeFile, join(dir, 'new'), large, { flag: 'a' }),
  'writeFile of a descriptor': onDescriptor('new', 'w', (fd, fs) => called(fs.writeFile, fd, huge)),
  appendFile: ({ fs }, dir) => called(fs.appendFile, join(dir, 'new'), 'text'.repeat(3000)),
  write: onDescriptor('new', 'w', (fd, fs) => called(fs.write, fd, huge, 0, huge.length, 20)),
  writev: onDescriptor('new', 'w', (fd, fs) => called(fs.writev, fd, [huge, large], null)),
  createWriteStream: ({ fs }, dir) => filled(fs.createWriteStream(join(dir, 'new')), large, huge, 'the end'),
  'createWriteStream that appends': ({ fs }, dir) =>
    filled(fs.createWriteStream(join(dir, 'new'), { flags: 'a' }), huge),
  'createWriteStream, corked': async ({ fs }, dir) => {
    const stream = fs.createWriteStream(join(dir, 'new'));
    stream.cork();
    return filled(stream, large, huge, large);
  },
  writeFileSync: ({ fs }, dir) => sync(fs, 'writeFileSync', join(dir, 'new'), huge),
  'writeFileSync of text': ({ fs }, dir) => sync(fs, 'writeFileSync', join(dir, 'new'), 'text'.repeat(3000)),
  'writeFileSync with flush': ({ fs }, dir) => sync(fs, 'writeFileSync', join(dir, 'new'), large, FLUSH),
  'writeFileSync of a descriptor': onDescriptor('new', 'w', (fd, fs) => sync(fs, 'writeFileSync', fd, huge)),
  appendFileSync: ({ fs }, dir) => sync(fs, 'appendFileSync', join(dir, 'new'), large),
  writeSync: onDescriptor('new', 'w', (fd, fs) => sync(fs, 'writeSync', fd, huge)),
  'writeSync of text': onDescriptor('new', 'w', (fd, fs) => sync(fs, 'writeSync', fd, 'text'.repeat(3000))),
  writevSync: onDescriptor('new', 'w', (fd, fs) => sync(fs, 'writevSync', fd, [large, large])),
};

/** Returns all ways to cut `file`, which has 25 bytes, to a length. */
export const truncaters = (length: number): Ways => ({
  'promises.truncate': ({ fsp }, dir) => fsp.truncate(join(dir, 'file'), length),
  'handle.truncate': onHandle('file', 'r+', (handle) => handle.truncate(length)),
  truncate: ({ fs }, dir) => called(fs.truncate, join(dir, 'file'), length),
  ftruncate: onDescriptor('file', 'r+', (fd, fs) => called(fs.ftruncate, fd, length)),
  truncateSync: ({ fs }, dir) => sync(fs, 'truncateSync', join(dir, 'file'), length),
  ftruncateSync: onDescriptor('file', 'r+', (fd, fs) => sync(fs, 'ftruncateSync', fd, length)),
});

/** Returns all ways to open `file` and close it. */
export const closers: Ways = {
  'handle.close': async ({ fsp }, dir) => (await fsp.open(join(dir, 'file'))).close(),
  'handle disposed of': async ({ fsp }, dir) => {
    await using handle = await fsp.open(join(dir, 'file'));
    return handle.fd >= 0;
  },
  close: ({ fs }, dir) => called(fs.close, fs.openSync(join(dir, 'file'), 'r')),
  closeSync: ({ fs }, dir) => sync(fs, 'closeSync', fs.openSync(join(dir, 'file'), 'r')),
  'a stream that is destroyed': async ({ fs }, dir) => {
    const stream = fs.createReadStream(join(dir, 'file'));
    await once(stream, 'open');
    const seen: unknown[] = [];
    stream.on('error', (error) => seen.push(error));
    stream.destroy();
    await new Promise((resolve) => stream.once('close', () => resolve(undefined)));
    return seen;
  },
};

/** Returns all ways to read the status of `name`. */
export const stats = (name: string): Record<string, (its: Its, dir: string, bigint: boolean) => unknown> => ({
  'promises.stat': ({ fsp }, dir, bigint) => fsp.stat(join(dir, name), { bigint }),
  'promises.lstat': ({ fsp }, dir, bigint) => fsp.lstat(join(dir, name), { bigint }),
  'handle.stat': (its, dir, bigint) => onHandle(name, 'r', (handle) => handle.stat({ bigint }))(its, dir),
  stat: ({ fs }, dir, bigint) => called(fs.stat, join(dir, name), { bigint }),
  lstat: ({ fs }, dir, bigint) => called(fs.lstat, join(dir, name), { bigint }),
  fstat: (its, dir, bigint) =>
    onDescriptor(name, 'r', (fd, fs) => called(fs.fstat, fd, { bigint }))(its, dir),
  statSync: ({ fs }, dir, bigint) => sync(fs, 'statSync', join(dir, name), { bigint }),
  lstatSync: ({ fs }, dir, bigint) => sync(fs, 'lstatSync', join(dir, name), { bigint }),
  fstatSync: (its, dir, bigint) =>
    onDescriptor(name, 'r', (fd, fs) => sync(fs, 'fstatSync', fd, { bigint }))(its, dir),
});
