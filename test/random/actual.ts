// The disk as it is, read through Node, and where it differs from the model.
import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { statValue } from './calls';
import type { Inode } from './disk';
import type { World } from './world';

export interface ActualNode {
  readonly kind: string;
  readonly mode: number;
  readonly size: number;
  readonly links: number;
  readonly mtime: number;
  readonly ino: number;
  readonly content: Buffer;
  readonly target: string;
}

export interface Actual {
  readonly names: ReadonlyMap<string, ActualNode>;
  /** Of the open handles: their positions, and what a file has that has no name any more. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly unnamed: ReadonlyMap<number, Buffer>;
}

const NOTHING = Buffer.alloc(0);

function nodeAt(path: string): ActualNode {
  const stats = lstatSync(path);
  const value = statValue(stats) as Omit<ActualNode, 'ino' | 'content' | 'target'>;
  return {
    ...value,
    ino: stats.ino,
    content: value.kind === 'file' ? readFileSync(path) : NOTHING,
    target: value.kind === 'link' ? readlinkSync(path) : '',
  };
}

function* walk(root: string, prefix: string): Generator<[string, ActualNode]> {
  for (const name of readdirSync(root)) {
    const node = nodeAt(`${root}/${name}`);
    yield [prefix + name, node];
    if (node.kind === 'dir') yield* walk(`${root}/${name}`, `${prefix}${name}/`);
  }
}

function offsetOf(fd: number): number {
  return Number(/^pos:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1]);
}

function contentOf(fd: number): Buffer {
  const again = openSync(`/proc/self/fd/${fd}`, 'r');
  try {
    return readFileSync(again);
  } finally {
    closeSync(again);
  }
}

export function readActual(root: string, fds: ReadonlyMap<number, number>): Actual {
  const offsets = new Map<number, number>();
  const unnamed = new Map<number, Buffer>();
  for (const [slot, fd] of fds) {
    offsets.set(slot, offsetOf(fd));
    const stats = fstatSync(fd);
    if (stats.nlink === 0 && stats.isFile()) unnamed.set(slot, contentOf(fd));
  }
  return { names: new Map(walk(root, '')), offsets, unnamed };
}

function nodeDifference(path: string, node: Inode, actual: ActualNode): string | undefined {
  const differs = (what: string, is: unknown, should: unknown): string =>
    `${path}: ${what} is ${is}, by the model ${should}`;
  if (actual.kind !== node.kind) return differs('kind', actual.kind, node.kind);
  if (node.kind === 'link')
    return actual.target === node.target ? undefined : differs('target', actual.target, node.target);
  if (actual.mode !== node.mode) return differs('mode', actual.mode.toString(8), node.mode.toString(8));
  if (node.mtime !== undefined && actual.mtime !== node.mtime)
    return differs('mtime', actual.mtime, node.mtime);
  if (node.kind === 'dir') return undefined;
  if (actual.links !== node.links) return differs('link count', actual.links, node.links);
  return contentDifference(path, node.data, actual.content);
}

function contentDifference(path: string, model: Buffer, actual: Buffer): string | undefined {
  if (actual.equals(model)) return undefined;
  let at = 0;
  while (at < model.length && at < actual.length && model[at] === actual[at]) at++;
  const tell = (bytes: Buffer): string => `${bytes.length} bytes, ${bytes.toString('hex', at, at + 8)}…`;
  return `${path}: content differs at ${at}: it has ${tell(actual)}, by the model ${tell(model)}`;
}

/** The first difference; undefined: there is none. */
export function difference(world: World, actual: Actual): string | undefined {
  const numbers = new Map<number, number>();
  let names = 0;
  for (const [path, node] of world.disk.names()) {
    names++;
    const there = actual.names.get(path);
    if (there === undefined) return `${path}: is not there, by the model it is a ${node.kind}`;
    const differs = nodeDifference(path, node, there);
    if (differs !== undefined) return differs;
    const known = numbers.get(node.id) ?? there.ino;
    if (known !== there.ino) return `${path}: is another file than its other name`;
    numbers.set(node.id, there.ino);
  }
  if (names < actual.names.size)
    for (const [path, { kind }] of actual.names)
      if (!exists(world, path)) return `${path}: a ${kind} is there, by the model there is nothing`;
  for (const [slot, description] of world.open) {
    const node = world.inode(description);
    if (node.kind !== 'file') continue;
    const offset = actual.offsets.get(slot);
    if (offset !== description.offset)
      return `handle ${slot}: its position is ${offset}, by the model ${description.offset}`;
    const content = actual.unnamed.get(slot);
    if ((content === undefined) !== node.links > 0)
      return `handle ${slot}: its file has ${content === undefined ? 'a' : 'no'} name, by the model not so`;
    const differs = content && contentDifference(`handle ${slot}`, node.data, content);
    if (differs !== undefined) return differs;
  }
  return undefined;
}

function exists(world: World, path: string): boolean {
  for (const [name] of world.disk.names()) if (name === path) return true;
  return false;
}
