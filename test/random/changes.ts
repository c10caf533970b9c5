// The parts that several functions of the model share. Each yields at each point at which an interrupt may end it, with
// the number of bytes that it has moved by then.
import { copiesOwners } from '../../lib/node/version';
import { codeOf, fail, type Inode, openFlags } from './disk';
import type { Step } from './step';
import type { World } from './world';

export type Act = Generator<number, unknown>;

/** A killed read or write may end between two pages. */
export const PAGE = 4096;

/** On a remote file system writeFile() makes writes of this size: binding/ops/whole.cc. */
const REMOTE_CHUNK = 128 * 1024;

/**
 * Returns after how many bytes a write of `length` bytes at `at` may stop: between two pages, and between two system
 * calls.
 */
function stops(at: number, length: number, chunk = length): number[] {
  const ends: number[] = [];
  for (let end = PAGE - (at % PAGE); end < length; end += PAGE) ends.push(end);
  for (let end = REMOTE_CHUNK; end < length; end += REMOTE_CHUNK) ends.push(end);
  for (let end = chunk; end < length; end += chunk) ends.push(end);
  return ends.sort((a, b) => a - b);
}

interface Write {
  readonly node: Inode;
  readonly at: number;
  readonly bytes: Buffer;
  /** Moves the handle's position by a number of bytes; 0: puts it back. */
  readonly moved?: (count: number) => void;
  /** The number of bytes of each system call; left out: one call writes all. */
  readonly chunk?: number;
}

export function* write(world: World, { node, at, bytes, moved, chunk }: Write): Act {
  const before = node.data;
  const { length } = bytes;
  for (const end of world.inSteps ? stops(at, length, chunk) : []) {
    node.data = before;
    world.disk.write(node, at, bytes.subarray(0, end));
    moved?.(0);
    yield end; // the data is written and the position not moved: the kernel answers EINTR after the write
    moved?.(end);
    yield end;
  }
  node.data = before;
  world.disk.write(node, at, bytes);
  moved?.(0);
  yield length;
  moved?.(length);
  yield length;
  return length;
}

export function* mkdir(world: World, step: Step): Act {
  const { path = '', mode = 0o777, recursive } = step;
  if (!recursive) {
    world.disk.mkdir(path, mode);
    yield 0;
    return undefined;
  }
  // As libuv does it: upwards until a folder can be made or exists, then down again.
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

export function* copyFile(world: World, step: Step): Act {
  const { disk } = world;
  const { path = '', dest = '' } = step;
  const source = disk.open(path, openFlags('r'), 0);
  const target = disk.open(dest, openFlags(step.force ? 'ax' : 'a'), source.mode);
  yield 0;
  if (target === source) return undefined;
  disk.truncate(target, 0);
  yield 0;
  if (copiesOwners) {
    target.mtime = source.mtime;
    yield 0;
    target.uid = source.uid;
    target.gid = source.gid;
    yield 0;
  }
  target.mode = source.mode;
  yield 0;
  if (source.kind === 'dir') {
    disk.unlink(dest); // as libuv does after a copy that failed; if `dest` is a link, the link
    yield 0;
    fail('EISDIR');
  }
  yield* write(world, { node: target, at: 0, bytes: source.data });
  return undefined;
}
