// The methods of FileHandle and Dir, each with the request that it can hang on.
import { readFileSync, statSync } from 'node:fs';
import type { CallOptions, FileHandle } from '../../lib/fs/promises';
import * as fsp from '../../lib/fs/promises';
import type { Begun, Op } from './ops';
import { CONTENT, type Place } from './place';

type Dir = Awaited<ReturnType<typeof fsp.opendir>>;
type Facts = Omit<Op, 'name' | 'fn' | 'begin'> & { readonly fn?: string };

/** `name`: of the method. `facts.fn`: of the op in the table, if it is another one. */
function onHandle(
  name: string,
  facts: Facts,
  run: (handle: FileHandle, options: CallOptions) => Promise<unknown>,
): Op {
  const begin = async (place: Place): Promise<Begun> => {
    const handle = await fsp.open(place.at('file'), 'r+');
    return {
      call: (options = {}) => run(handle, options),
      // An interrupt does not close the handle. A stream closes its handle when it fails.
      end: async () => {
        if (handle.fd === -1) return;
        try {
          await handle.truncate(0);
          await handle.write('still usable', 0);
          const { bytesRead, buffer } = await handle.read(Buffer.alloc(5), 0, 5, 0);
          if (bytesRead !== 5 || buffer.toString() !== 'still')
            throw new Error(`the handle reads "${buffer}"`);
        } finally {
          await handle.close();
        }
      },
    };
  };
  return {
    name: `FileHandle.${name}`,
    fn: name.split(/[ ,]/)[0] as string,
    handlePath: 'file',
    ...facts,
    begin,
  };
}

function onDir(name: string, facts: Facts, run: (dir: Dir, options?: CallOptions) => Promise<unknown>): Op {
  const begin = async (place: Place): Promise<Begun> => {
    const dir = await fsp.opendir(place.at('full'));
    let open = true;
    return {
      call: (options) => run(dir, options).finally(() => (open = !name.startsWith('entries'))),
      end: async () => {
        if (!open) return;
        try {
          await dir.read();
        } finally {
          await dir.close();
        }
      },
    };
  };
  return { name: `Dir.${name}`, fn: 'read', handlePath: 'full', ...facts, begin };
}

const holds = (text: string) => (place: Place) => readFileSync(place.behind('file'), 'utf8') === text;
const reads = { held: ['read', 'file'], syscall: 'read', changes: false } as const;
const writes = { held: ['write', 'file'], syscall: 'write', changes: true } as const;
const sets = { held: ['setattr', 'file'], changes: true } as const;
const lists = { held: ['readdir', 'full'], syscall: 'readdir', changes: false } as const;
const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;

const failure = (stream: NodeJS.EventEmitter): Promise<unknown> =>
  new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once('close', resolve);
  });

export const handleOps: Op[] = [
  onHandle('appendFile', { ...writes, done: holds('moreent') }, (handle, o) => handle.appendFile('more', o)),
  onHandle(
    'chmod',
    { ...sets, syscall: 'fchmod', done: (place) => (statSync(place.behind('file')).mode & 0o777) === 0o600 },
    (handle, o) => handle.chmod(0o600, o),
  ),
  onHandle('chown', { ...sets, syscall: 'fchown' }, (handle, o) => handle.chown(uid, gid, o)),
  onHandle('createReadStream', { ...reads, fn: 'read', stream: true }, (handle, o) => {
    const stream = handle.createReadStream(o as object);
    stream.resume();
    return failure(stream);
  }),
  onHandle(
    'createWriteStream',
    { ...writes, fn: 'write', stream: true, done: holds('moreent') },
    (handle, o) => {
      const stream = handle.createWriteStream(o as object);
      stream.end('more');
      return failure(stream);
    },
  ),
  // fsync counts as a call that may have changed the disk.
  onHandle(
    'datasync',
    { held: ['fsync', 'file'], syscall: 'fdatasync', changes: false, changesLater: true },
    (handle, o) => handle.datasync(o),
  ),
  onHandle('read', reads, (handle, o) => handle.read(Buffer.alloc(7), 0, 7, 0, o)),
  onHandle('read, at the current position', reads, (handle, o) => handle.read(Buffer.alloc(7), o)),
  onHandle('read, of much', reads, (handle, o) => handle.read(Buffer.alloc(100_000), 0, 100_000, 0, o)),
  onHandle('readFile', { ...reads, value: CONTENT }, (handle, o) =>
    handle.readFile({ ...o, encoding: 'utf8' }),
  ),
  onHandle('readLines', { ...reads, fn: 'read', stream: true }, async (handle, o) => {
    const lines: string[] = [];
    for await (const line of handle.readLines(o as object)) lines.push(line);
    return lines;
  }),
  onHandle('readableWebStream', { ...reads, fn: 'read' }, (handle, o) =>
    handle
      .readableWebStream({ ...o, type: 'bytes' })
      .getReader()
      .read(),
  ),
  onHandle('readv', reads, (handle, o) => handle.readv([Buffer.alloc(3), Buffer.alloc(4)], 0, o)),
  onHandle('stat', { held: ['getattr', 'file'], syscall: 'fstat', changes: false }, (handle, o) =>
    handle.stat({ ...o }),
  ),
  onHandle(
    'sync',
    { held: ['fsync', 'file'], syscall: 'fsync', changes: false, changesLater: true },
    (handle, o) => handle.sync(o),
  ),
  onHandle('truncate', { ...sets, syscall: 'ftruncate', done: holds('con') }, (handle, o) =>
    handle.truncate(3, o),
  ),
  onHandle(
    'utimes',
    { ...sets, syscall: 'futime', done: (place) => statSync(place.behind('file')).mtimeMs === 2000 },
    (handle, o) => handle.utimes(1, 2, o),
  ),
  onHandle('write', { ...writes, done: holds('moreent') }, (handle, o) =>
    handle.write(Buffer.from('more'), 0, 4, 0, o),
  ),
  onHandle('write, of text', { ...writes, done: holds('moreent') }, (handle, o) =>
    handle.write('more', 0, 'utf8', o),
  ),
  onHandle('writeFile', { ...writes, done: holds('moreent') }, (handle, o) => handle.writeFile('more', o)),
  onHandle('writeFile, of pieces', { ...writes, done: holds('moreent') }, (handle, o) =>
    handle.writeFile(['more'], o),
  ),
  onHandle('writev', { ...writes, done: holds('moreent') }, (handle, o) =>
    handle.writev([Buffer.from('mo'), Buffer.from('re')], 0, o),
  ),
  onDir('read', lists, (dir, o) => dir.read(o)),
  onDir('entries', { ...lists, stream: true }, async (dir) => {
    const names: string[] = [];
    for await (const entry of dir) names.push(entry.name);
    return names;
  }),
];
