// Each function of node:fs on the model. It yields wherever an interrupt may leave it, with the number of bytes that it has
// moved by then; what it returns is what the call resolves with, as calls.ts tells it.
import { Errno, fail, type Inode, openFlags } from './disk';
import { bytesOf, type Step } from './step';
import type { World } from './world';

export type Act = Generator<number, unknown>;

/** Between two pages a killed write may end. */
const PAGE = 4096;

/** On a remote file system a writeFile is made of writes of so many bytes: binding/ops/whole.cc. */
const REMOTE_CHUNK = 128 * 1024;

/** Where a write of `length` bytes at `at` may stop, as numbers of its bytes: between two pages, between two writes. */
function stops(at: number, length: number): number[] {
  const ends: number[] = [];
  for (let end = PAGE - (at % PAGE); end < length; end += PAGE) ends.push(end);
  for (let end = REMOTE_CHUNK; end < length; end += REMOTE_CHUNK) ends.push(end);
  return ends.sort((a, b) => a - b);
}

type Write = { node: Inode; at: number; bytes: Buffer; moved?: (count: number) => void };

function* write(world: World, { node, at, bytes, moved }: Write): Act {
  const before = node.data;
  const { length } = bytes;
  for (const end of world.inSteps ? stops(at, length) : []) {
    node.data = before;
    world.disk.write(node, at, bytes.subarray(0, end));
    yield end; // and the position is as it was: the kernel carried it out and answered EINTR
    moved?.(end);
    yield end;
  }
  node.data = before;
  world.disk.write(node, at, bytes);
  yield length;
  moved?.(length);
  yield length;
  return length;
}

function statOf(node: Inode): unknown {
  const { kind, mode, mtime } = node;
  const size = kind === 'file' ? node.data.length : kind === 'link' ? Buffer.byteLength(node.target) : -1;
  return { kind, mode, size, links: kind === 'dir' ? -1 : node.links, mtime };
}

function* openForWriting(world: World, step: Step, flags: string): Generator<number, Inode> {
  const node = world.disk.open(step.path ?? '', openFlags(flags), step.mode ?? 0o666);
  yield 0;
  return node;
}

function* writeTo(world: World, step: Step, flags: string): Act {
  const node = yield* openForWriting(world, step, flags);
  const at = openFlags(flags).append ? node.data.length : 0;
  yield* write(world, { node, at, bytes: bytesOf(step) });
  return undefined;
}

/** At the handle's own position, or at the end of the file; the position follows. */
function* writeOwn(world: World, slot: number, bytes: Buffer): Act {
  const [description, node] = world.writable(slot);
  const at = description.flags.append ? node.data.length : description.offset;
  const moved = (count: number): void => {
    description.offset = at + count;
  };
  return yield* write(world, bytes.length === 0 ? { node, at, bytes } : { node, at, bytes, moved });
}

function* writeHandle(world: World, step: Step, got?: unknown): Act {
  const all = bytesOf(step);
  // An interrupt that finds it half done lets it resolve with what is written.
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
    // Killed, it may have taken what it was to return.
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

function* mkdir(world: World, step: Step): Act {
  const { path = '', mode = 0o777, recursive } = step;
  if (!recursive) {
    world.disk.mkdir(path, mode);
    yield 0;
    return undefined;
  }
  // As libuv goes about it: upwards until a folder can be made or is there, then down again.
  const names = path.split('/');
  let first: string | undefined;
  for (let end = names.length; ; end++) {
    const part = names.slice(0, end).join('/');
    const code = codeOf(() => world.disk.mkdir(part, mode));
    if (code === undefined) {
      first ??= part;
      yield 0;
    } else if (code === 'ENOENT' && first === undefined && end > 1) {
      end -= 2;
      continue;
    } else if (code !== 'EEXIST' && code !== 'ELOOP' && code !== 'ENAMETOOLONG') {
      fail(code);
    } else if (codeOf(() => world.disk.dir(part)) !== undefined) {
      if (code === 'EEXIST' && end < names.length) fail('ENOTDIR');
      world.disk.find(part);
      fail('EEXIST');
    }
    if (end === names.length) return first;
  }
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof Errno) return error.code;
    throw error;
  }
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

function* copyFile(world: World, step: Step): Act {
  const { disk } = world;
  const { path = '', dest = '' } = step;
  const source = disk.open(path, openFlags('r'), 0);
  const target = disk.open(dest, openFlags(step.force ? 'ax' : 'a'), source.mode);
  yield 0;
  if (target === source) return undefined;
  disk.truncate(target, 0);
  yield 0;
  target.mode = source.mode;
  yield 0;
  if (source.kind === 'dir') {
    disk.unlink(dest); // as libuv does after a copy that has failed; of a link, the link
    yield 0;
    fail('EISDIR');
  }
  yield* write(world, { node: target, at: 0, bytes: source.data });
  return undefined;
}

function* simply(change: () => unknown): Act {
  const value = change();
  yield 0;
  return value;
}

function setTime(node: Inode, step: Step): void {
  node.mtime = step.time;
}

function* mkdtemp(world: World, step: Step, got?: unknown): Act {
  const prefix = step.path ?? '';
  const path = typeof got === 'string' ? got : prefix;
  if (path.length !== prefix.length + 6 || !path.startsWith(prefix)) {
    // Its name is not known: that its folder is there decides between success and failure.
    world.disk.mkdir(`${prefix}XXXXXX`, 0o700);
    fail('the name of the folder');
  }
  world.disk.mkdir(path, 0o700);
  yield 0;
  return path;
}

/** `got` is what the call resolved with, where the model has to know (a short count, a name that was chosen). */
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
    // With a callback Node makes a write of nothing, too.
    if (step.length === 0 && step.face !== 'callback') return undefined;
    yield* writeOwn(world, step.slot ?? 0, bytesOf(step));
    return undefined;
  },
  readFile: (world, step) => simply(() => contentAt(world, step)),
  readStream: (world, step) => simply(() => contentAt(world, step)),
  writeFile: (world, step) => writeTo(world, step, step.flags ?? 'w'),
  appendFile: (world, step) => writeTo(world, step, 'a'),
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
  access: (world, { path = '' }) =>
    simply(() => {
      world.disk.find(path);
      return undefined;
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
  opendir: (world, step) =>
    simply(() => {
      return listing(world, step);
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
  utimes: (world, step) => simply(() => setTime(world.disk.find(step.path ?? ''), step)),
  lutimes: (world, step) => simply(() => setTime(world.disk.find(step.path ?? '', false), step)),
  copyFile,
  rm: remove,
};
