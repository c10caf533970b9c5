import { execFileSync } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { inFolder } from '../fixtures/folder';
import { both, type Callback, type Fs, ours, type Scenario, settle, settleAll } from './harness';

/* Callback functions of descriptors, and what util.promisify makes of some. */

type AnyFunction = (...args: unknown[]) => unknown;

/** Calls on an open file: the function's name, and the arguments between descriptor and callback. */
const onFile =
  (flags: string, ...rows: [name: string, ...args: unknown[]][]): Scenario =>
  async (its, dir) => {
    const fd = fs.openSync(`${dir}/file.txt`, flags);
    try {
      const acts = rows.map(
        ([name, ...args]) =>
          (callback: Callback) =>
            (its as unknown as Record<string, AnyFunction>)[name]?.(fd, ...args, callback),
      );
      return await settleAll(...acts);
    } finally {
      fs.closeSync(fd);
    }
  };

const size8 = () => Buffer.alloc(8);

both(
  'read',
  onFile(
    'r',
    ['read', size8(), 0, 5, 0],
    ['read', size8(), 0, 5, null],
    ['read', size8(), 0, 5, 2n],
    ['read', size8(), 2, 3, 1],
    ['read', size8(), 0, 0, 0],
    ['read', size8(), 9, 1, 0],
    ['read', size8(), 0, 9, 0],
    ['read', size8(), 0, 1, 1.5],
    ['read', size8(), 0, 1, -2],
    ['read', size8(), { offset: 1, length: 2, position: 3 }],
    ['read', size8(), {}],
    ['read', size8(), 5],
    ['read', { buffer: size8(), position: 0 }],
    ['read', size8()],
    ['read'],
    ['read', Buffer.alloc(0), 0, 1, 0],
    ['read', new Uint16Array(4), 0, 8, 0],
    ['write', 'refused'],
  ),
);
both(
  'write',
  onFile(
    'r+',
    ['write', 'text'],
    ['write', 'text', 3],
    ['write', 'abcd', 0, 'hex'],
    ['write', 'abc', 0, 'hex'],
    ['write', 'abc', 0, 'nonsense'],
    ['write', Buffer.from('buffer')],
    ['write', Buffer.from('buffer'), 2],
    ['write', Buffer.from('buffer'), 2, 2],
    ['write', Buffer.from('buffer'), 2, 2, 0],
    ['write', Buffer.from('buffer'), 7],
    ['write', Buffer.from('buffer'), 2, 5],
    ['write', Buffer.from('buffer'), { offset: 1, position: 8 }],
    ['write', Buffer.alloc(0)],
    ['write', 5],
    ['write', {}],
    ['writev', [Buffer.from('a'), Buffer.from('b')]],
    ['writev', [Buffer.from('a'), Buffer.from('b')], 1],
    ['writev', []],
    ['writev', 5],
    ['readv', [size8(), size8()], 0],
    ['readv', [size8(), size8()]],
    ['readv', []],
    ['readv', ['x']],
    ['fsync'],
    ['fdatasync'],
    ['fchmod', 0o600],
    ['fchmod', 'bad'],
    ['fchown', 0, 0],
    ['fchown', -2, 0],
    ['futimes', 1, 2],
    ['futimes', 'bad', 2],
    ['ftruncate', 4],
    ['ftruncate'],
    ['ftruncate', {}],
    ['readFile', 'utf8'],
    ['writeFile', 'whole'],
    ['appendFile', 'more'],
  ),
);

both('writeFile and appendFile of nothing, where nothing may be written', async (its, dir) => {
  const fd = fs.openSync(`${dir}/file.txt`, 'r');
  try {
    return await settleAll(
      (callback) => its.writeFile(fd, '', callback),
      (callback) => its.appendFile(fd, Buffer.alloc(0), callback),
      (callback) => its.writeFile(`${dir}/file.txt`, '', { flag: 'r' }, callback),
      (callback) => its.writeFile(`${dir}/file.txt`, '', callback),
    );
  } finally {
    fs.closeSync(fd);
  }
});

const NAMES = [
  'close',
  'fstat',
  'fsync',
  'fdatasync',
  'fchmod',
  'fchown',
  'futimes',
  'ftruncate',
  'read',
  'write',
  'readv',
  'writev',
];
describe('a value that is no descriptor', () => {
  const rest: Record<string, unknown[]> = {
    fchmod: [1],
    fchown: [1, 1],
    futimes: [1, 1],
    read: [size8(), 0, 1, 0],
    write: ['x'],
    readv: [[size8()]],
    writev: [[size8()]],
  };
  // Some values are left out: they abort the process in Node's native code.
  const fds = [undefined, null, -1, 1.5, Number.NaN, 2 ** 31, 10n, {}, 'x', true, []];
  for (const name of NAMES) {
    both(name, (its: Fs) =>
      settleAll(
        ...[...fds, 987_654].map(
          (fd) => (callback: Callback) =>
            (its as unknown as Record<string, AnyFunction>)[name]?.(fd, ...(rest[name] ?? []), callback),
        ),
      ),
    );
  }
});

both('promisified', async (its, dir) => {
  const fd = await promisify(its.open)(`${dir}/file.txt`, 'r+');
  const all = [
    await promisify(its.exists)(dir),
    await promisify(its.read)(fd, size8(), 0, 5, 0),
    await promisify(its.write)(fd, 'abc', 0),
    await promisify(its.readv)(fd, [size8()]),
    await promisify(its.writev)(fd, [Buffer.from('x')]),
    await promisify(its.stat)(dir),
    await promisify(its.realpath)(`${dir}/link`),
    await promisify(its.realpath.native)(`${dir}/link`),
  ];
  await promisify(its.close)(fd);
  return all;
});

both('positions that no double holds', async (its, dir) => {
  const handle = await its.promises.open(`${dir}/file.txt`);
  const seen: unknown[] = [];
  for (const position of [2n ** 53n + 1n, 2n ** 63n - 10n, 2n ** 63n - 6n, 2n ** 63n - 5n, 2n ** 63n - 1n]) {
    seen.push(await settle((callback) => its.read(handle.fd, Buffer.alloc(5), 0, 5, position, callback)));
    const read = handle.read(Buffer.alloc(5), 0, 5, position as never);
    seen.push(
      await read.then(
        ({ bytesRead }) => bytesRead,
        (error) => error,
      ),
    );
  }
  await handle.close();
  return seen;
});

both('streams', async (its, dir) => {
  const seen: unknown[] = [];
  const closed = (stream: EventEmitter) =>
    new Promise<void>((done) => {
      for (const name of ['open', 'ready', 'end', 'finish', 'error', 'data'])
        stream.on(name, (value: unknown) => seen.push([name, typeof value === 'number' ? 'fd' : value]));
      stream.on('close', () => done());
    });
  await closed(its.createReadStream(`${dir}/file.txt`));
  await closed(its.createReadStream(`${dir}/file.txt`, { start: 2, end: 4, encoding: 'utf8' }));
  await closed(its.createReadStream(`${dir}/file.txt`, Object.create({ start: 3, end: 5 })));
  await closed(its.createReadStream(`${dir}/missing`));
  await closed(new (its.ReadStream as unknown as new (path: string) => fs.ReadStream)(`${dir}/file.txt`));
  const writer = its.createWriteStream(`${dir}/new`, { flush: true });
  writer.write('one');
  writer.end('two');
  await closed(writer);
  const handle = await its.promises.open(`${dir}/file.txt`);
  await closed(its.createReadStream('', { fd: handle }));
  return [seen, writer instanceof its.WriteStream, writer.bytesWritten];
});

/** An empty pipe whose reading end is non-blocking, as a standard input may be. */
async function withEmptyPipe<T>(dir: string, use: (fd: number) => Promise<T>): Promise<T> {
  const fifo = `${dir}/fifo`;
  execFileSync('mkfifo', [fifo]);
  const fd = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const writer = fs.openSync(fifo, 'w');
  try {
    return await use(fd);
  } finally {
    fs.closeSync(writer);
    fs.closeSync(fd);
  }
}

both('EAGAIN of a read, of readFileSync and of a stream', (its, dir) =>
  withEmptyPipe(dir, async (fd) => {
    const options: object = its === fs ? {} : { timeout: 60_000 };
    const read = await settle((callback) => its.read(fd, Buffer.alloc(9), 0, 9, null, callback));
    const streamed = await settle((callback) => {
      const stream = its.createReadStream('', { fd, autoClose: false });
      stream.on('error', callback).on('end', callback).resume();
    });
    try {
      return [read, streamed, its.readFileSync(fd, options)];
    } catch (error) {
      return [read, streamed, error];
    }
  }),
);

test('readFile of a descriptor that cannot be read fails, while Node returns an empty file', () =>
  inFolder('unread', async (dir) => {
    const folder = fs.openSync(dir(), 'r');
    const wronly = fs.openSync(dir('file'), 'w');
    try {
      const codes = await withEmptyPipe(dir(), async (fd) => {
        const ends = [fd, folder, wronly].map((each) => settle((done) => ours.readFile(each, done)));
        return (await Promise.all(ends)).map(({ got }) => (got?.[0] as NodeJS.ErrnoException | null)?.code);
      });
      expect(codes).toEqual(['EAGAIN', 'EISDIR', 'EBADF']);
    } finally {
      fs.closeSync(wronly);
      fs.closeSync(folder);
    }
  }));
