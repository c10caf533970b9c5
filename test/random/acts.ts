// Each function of node:fs on the model, as a generator. It yields at each point at which an interrupt may end it, with
// the number of bytes that it has moved by then. It returns what the call resolves to, in the form of calls.ts.
import { constants } from 'node:fs';
import { type Act, copyFile, mkdir, PAGE, write } from './changes';
import { cp } from './cp';
import { openDir, readEntry, readRest } from './dirs';
import { codeOf, fail, type Inode, openFlags } from './disk';
import { bytesOf, type Step, thirdOf } from './step';
import { isEnded, walkOf } from './trees';
import type { World } from './world';

function statOf(node: Inode): unknown {
  const { kind, mode, uid, gid, mtime } = node;
  const size = kind === 'file' ? node.data.length : kind === 'link' ? Buffer.byteLength(node.target) : -1;
  return { kind, mode, uid, gid, size, links: kind === 'dir' ? -1 : node.links, mtime };
}

function* openForWriting(world: World, step: Step, flags: string): Generator<number, Inode> {
  const node = world.disk.open(step.path ?? '', openFlags(flags), step.mode ?? 0o666);
  yield 0;
  return node;
}

function* writeTo(world: World, step: Step, flags: string, chunk?: number): Act {
  const node = yield* openForWriting(world, step, flags);
  const at = openFlags(flags).append ? node.data.length : 0;
  const bytes = bytesOf(step);
  yield* write(world, chunk === undefined ? { node, at, bytes } : { node, at, bytes, chunk });
  return undefined;
}

/** Writes at the handle's own position, or at the end of the file if it appends, and moves the position. */
function* writeOwn(world: World, slot: number, bytes: Buffer, chunk = bytes.length): Act {
  const [description, node] = world.writable(slot);
  const at = description.flags.append ? node.data.length : description.offset;
  const { offset } = description;
  const moved = (count: number): void => {
    description.offset = count === 0 ? offset : at + count;
  };
  return yield* write(world, bytes.length === 0 ? { node, at, bytes } : { node, at, bytes, moved, chunk });
}

function* writeHandle(world: World, step: Step, got?: unknown): Act {
  const all = bytesOf(step);
  // A call that is interrupted half way resolves with the bytes that it has written.
  const short = step.ending !== undefined && typeof got === 'number' && got > 0;
  const bytes = short ? all.subarray(0, got) : all;
  const { slot = 0, position = null } = step;
  if (position === null) return yield* writeOwn(world, slot, bytes);
  const [{ flags }, node] = world.writable(slot);
  return yield* write(world, { node, at: flags.append ? node.data.length : position, bytes });
}

function* readHandle(world: World, step: Step, got?: unknown): Act {
  const [description, node] = world.readable(step.slot ?? 0);
  const { length = 0, position = null } = step;
  const at = position ?? description.offset;
  const all = node.data.subarray(at, at + length);
  const short = step.ending !== undefined && Buffer.isBuffer(got) && got.length > 0;
  const bytes = short ? all.subarray(0, got.length) : all;
  if (position === null) {
    // A killed read may have moved the position past bytes that nobody gets.
    for (let end = PAGE - (at % PAGE); end < bytes.length; end += PAGE) {
      description.offset = at + end;
      yield end;
    }
    description.offset = at + bytes.length;
    yield bytes.length;
  }
  return bytes;
}

function* readWhole(world: World, step: Step): Act {
  const [description, node] = world.readable(step.slot ?? 0);
  return yield* readHandle(world, {
    ...step,
    length: Math.max(0, node.data.length - description.offset),
    position: null,
  });
}

/** The stream closes its handle, so its position is never seen again. */
function* readHandleStream(world: World, step: Step): Act {
  const { slot = 0, position, length } = step;
  const [{ offset }, node] = world.readable(slot);
  world.open.delete(slot);
  yield 0;
  const from = position ?? offset;
  return node.data.subarray(from, length === undefined ? undefined : from + length);
}

function* readLinesStream(world: World, step: Step): Act {
  const bytes = (yield* readHandleStream(world, step)) as Buffer;
  const lines = bytes.toString('latin1').split(/\r\n|[\r\n]/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function* writeHandleStream(world: World, step: Step): Act {
  const { slot = 0 } = step;
  const description = world.description(slot);
  world.open.delete(slot);
  const { flags, offset } = description;
  const bytes = bytesOf(step);
  if (!flags.write && bytes.length > 0) fail('EBADF');
  const node = world.inode(description);
  const at = flags.append ? node.data.length : (step.position ?? offset);
  yield* write(world, { node, at, bytes, chunk: thirdOf(bytes) });
  return undefined;
}

function contentAt(world: World, step: Step): Buffer {
  const node = world.disk.open(step.path ?? '', openFlags('r'), 0);
  if (node.kind === 'dir') fail('EISDIR');
  const { position, length } = step;
  if (length === 0) return Buffer.alloc(0);
  const from = position ?? 0;
  return node.data.subarray(from, length === undefined ? undefined : from + length);
}

function* truncate(world: World, node: Inode, length: number): Act {
  world.disk.truncate(node, length);
  yield 0;
  return undefined;
}

function listing(world: World, step: Step): string[] {
  const from = world.disk.dir(step.path ?? '');
  const names: string[] = [];
  const visit = (dir: Inode, prefix: string): void => {
    for (const [name, id] of dir.entries) {
      const node = world.disk.inode(id);
      names.push(prefix + name + (step.types ? `:${node.kind}` : ''));
      if (step.recursive && node.kind === 'dir') visit(node, `${prefix}${name}/`);
    }
  };
  visit(from, '');
  return names.sort();
}

function* remove(world: World, step: Step): Act {
  const { path = '', recursive, force } = step;
  if (force && codeOf(() => world.disk.find(path, false)) === 'ENOENT') return undefined;
  const node = world.disk.find(path, false);
  if (node.kind === 'dir' && !recursive) fail('ERR_FS_EISDIR');
  world.disk.remove(path);
  yield 0;
  return undefined;
}

function* simply(change: () => unknown): Act {
  const value = change();
  yield 0;
  return value;
}

function setOwner(node: Inode, { uid = 0, gid = 0 }: Step): void {
  node.uid = uid;
  node.gid = gid;
}

const mayAccess = ({ kind, mode }: Inode, wanted: number): boolean =>
  (wanted & constants.X_OK) === 0 || kind === 'dir' || (mode & 0o111) !== 0;

function setTime(node: Inode, step: Step): void {
  node.mtime = step.time;
}

function* mkdtemp(world: World, step: Step, got?: unknown): Act {
  const prefix = step.path ?? '';
  const path = typeof got === 'string' ? got : prefix;
  if (path.length !== prefix.length + 6 || !path.startsWith(prefix)) {
    // After an error the name is unknown. Whether the folder exists decides between success and failure.
    world.disk.mkdir(`${prefix}XXXXXX`, 0o700);
    fail('the name of the folder');
  }
  world.disk.mkdir(path, 0o700);
  yield 0;
  return path;
}

/** `got` is what the call resolved to. The model needs it for a short count and for a name that the system chose. */
export const acts: Record<string, (world: World, step: Step, got?: unknown) => Act> = {
  *open(world, step) {
    const { slot = 0, flags = 'r' } = step;
    const node = yield* openForWriting(world, step, flags);
    world.open.set(slot, { inode: node.id, flags: openFlags(flags), offset: 0 });
    return slot;
  },
  close: (world, { slot = 0 }) =>
    simply(() => {
      world.open.delete(slot);
      return undefined;
    }),
  read: readHandle,
  readv: readHandle,
  write: writeHandle,
  writev: writeHandle,
  *ftruncate(world, { slot = 0, length = 0 }) {
    const { flags } = world.description(slot);
    if (!flags.write) fail('EINVAL');
    return yield* truncate(world, world.inode(world.description(slot)), length);
  },
  fstat: (world, { slot = 0 }) =>
    simply(() => {
      return statOf(world.inode(world.description(slot)));
    }),
  fchown: (world, step) => simply(() => setOwner(world.inode(world.description(step.slot ?? 0)), step)),
  fchmod: (world, { slot = 0, mode = 0 }) =>
    simply(() => {
      world.inode(world.description(slot)).mode = mode;
    }),
  futimes: (world, step) => simply(() => setTime(world.inode(world.description(step.slot ?? 0)), step)),
  fsync: () =>
    simply(() => {
      return undefined;
    }),
  fdatasync: () =>
    simply(() => {
      return undefined;
    }),
  handleReadFile: readWhole,
  *handleWriteFile(world, step) {
    // With a callback Node also makes a write of 0 bytes.
    if (step.length === 0 && step.face !== 'callback') return undefined;
    yield* writeOwn(world, step.slot ?? 0, bytesOf(step));
    return undefined;
  },
  *handleAppendFile(world, step) {
    if (step.length === 0 && step.face !== 'callback') return undefined;
    yield* writeOwn(world, step.slot ?? 0, bytesOf(step));
    return undefined;
  },
  handleReadStream: readHandleStream,
  handleWriteStream: writeHandleStream,
  handleLinesStream: readLinesStream,
  handleWebStream: readHandleStream,
  readFile: (world, step) => simply(() => contentAt(world, step)),
  readStream: (world, step) => simply(() => contentAt(world, step)),
  writeFile: (world, step) => writeTo(world, step, step.flags ?? 'w'),
  appendFile: (world, step) => writeTo(world, step, 'a'),
  writeChunks: (world, step) => writeTo(world, step, step.flags ?? 'w', thirdOf(bytesOf(step))),
  *writeStream(world, step) {
    const { flags = 'w', position } = step;
    const node = yield* openForWriting(world, step, flags);
    const at = openFlags(flags).append ? node.data.length : (position ?? 0);
    yield* write(world, { node, at, bytes: bytesOf(step) });
    return undefined;
  },
  *truncate(world, step) {
    const node = world.disk.open(step.path ?? '', openFlags('r+'), 0);
    return yield* truncate(world, node, step.length ?? 0);
  },
  stat: (world, { path = '' }) =>
    simply(() => {
      return statOf(world.disk.find(path));
    }),
  lstat: (world, { path = '' }) =>
    simply(() => {
      return statOf(world.disk.find(path, false));
    }),
  statMany: (world, step, got) =>
    simply(() => {
      const told = Array.isArray(got) ? (got as unknown[]) : [];
      return (step.paths ?? []).map((path, i) => {
        if (isEnded(step, told[i])) return told[i];
        let value: unknown;
        const code = codeOf(() => {
          value = statOf(world.disk.find(path, step.follow ?? true));
        });
        return code ?? value;
      });
    }),
  walk: (world, step, got) => simply(() => walkOf(world, step, got)),
  access: (world, { path = '', mode = 0 }) =>
    simply(() => {
      if (!mayAccess(world.disk.find(path), mode)) fail('EACCES');
      return undefined;
    }),
  exists: (world, { path = '', face, ending }, got) =>
    simply(() => {
      // The callback of exists() gets no errors: an interrupted call says false.
      const ended = ending !== undefined && face === 'callback' && got === false;
      return !ended && codeOf(() => world.disk.find(path)) === undefined;
    }),
  statfs: (world, { path = '' }) =>
    simply(() => {
      world.disk.find(path);
      return world.fileSystem;
    }),
  readlink: (world, { path = '' }) =>
    simply(() => {
      const node = world.disk.find(path, false);
      return node.kind === 'link' ? node.target : fail('EINVAL');
    }),
  realpath: (world, { path = '' }) =>
    simply(() => {
      return world.disk.real(path);
    }),
  readdir: (world, step) =>
    simply(() => {
      return listing(world, step);
    }),
  list: (world, step) =>
    simply(() => {
      return listing(world, { ...step, types: true });
    }),
  opendir: (world, { path = '', dir = 0 }) =>
    simply(() => {
      world.dirs.set(dir, openDir(world, world.disk.dir(path)));
      return dir;
    }),
  dirRead: (world, { dir = 0 }, got) => simply(() => readEntry(world.dir(dir), got)),
  dirRest: (world, { dir = 0 }, got) =>
    simply(() => {
      const rest = readRest(world.dir(dir), got);
      world.dirs.delete(dir);
      return rest;
    }),
  dirClose: (world, { dir = 0 }) =>
    simply(() => {
      world.dir(dir);
      world.dirs.delete(dir);
      return undefined;
    }),
  mkdir,
  mkdtemp,
  rmdir: (world, { path = '' }) => simply(() => world.disk.rmdir(path)),
  unlink: (world, { path = '' }) => simply(() => world.disk.unlink(path)),
  rename: (world, { path = '', dest = '' }) => simply(() => world.disk.rename(path, dest)),
  link: (world, { path = '', dest = '' }) => simply(() => world.disk.link(path, dest)),
  symlink: (world, { path = '', target = '' }) => simply(() => world.disk.symlink(target, path)),
  chmod: (world, { path = '', mode = 0 }) =>
    simply(() => {
      world.disk.find(path).mode = mode;
    }),
  chown: (world, step) => simply(() => setOwner(world.disk.find(step.path ?? ''), step)),
  lchown: (world, step) => simply(() => setOwner(world.disk.find(step.path ?? '', false), step)),
  utimes: (world, step) => simply(() => setTime(world.disk.find(step.path ?? ''), step)),
  lutimes: (world, step) => simply(() => setTime(world.disk.find(step.path ?? '', false), step)),
  copyFile,
  cp,
  rm: remove,
};
