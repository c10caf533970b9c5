// The disk as Node reads it, and its differences from the model.
import {
  closeSync,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import type { Inode } from './disk';
import { statValue } from './values';
import type { World } from './world';

export interface ActualNode {
  readonly kind: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly links: number;
  readonly mtime: number;
  readonly ino: number;
  readonly content: Buffer;
  readonly target: string;
}

export interface Actual {
  /** The names, in the order of the file system. */
  readonly names: ReadonlyMap<string, ActualNode>;
  /** Of the open handles: their positions, and the files that have lost their last name. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly unnamed: ReadonlyMap<number, ActualNode>;
}

const NOTHING = Buffer.alloc(0);

function nodeOf(stats: Stats): ActualNode {
  const value = statValue(stats) as Omit<ActualNode, 'ino' | 'content' | 'target'>;
  return { ...value, ino: stats.ino, content: NOTHING, target: '' };
}

function nodeAt(path: string): ActualNode {
  const node = nodeOf(lstatSync(path));
  if (node.kind === 'file') return { ...node, content: readFileSync(path) };
  return node.kind === 'link' ? { ...node, target: readlinkSync(path) } : node;
}

function unsorted(path: string): string[] {
  const dir = opendirSync(path);
  const names: string[] = [];
  for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) names.push(entry.name);
  dir.closeSync();
  return names;
}

function* walk(root: string, prefix: string): Generator<[string, ActualNode]> {
  for (const name of unsorted(root)) {
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
  const unnamed = new Map<number, ActualNode>();
  for (const [slot, fd] of fds) {
    offsets.set(slot, offsetOf(fd));
    const stats = fstatSync(fd);
    if (stats.nlink === 0 && stats.isFile()) unnamed.set(slot, { ...nodeOf(stats), content: contentOf(fd) });
  }
  return { names: new Map(walk(root, '')), offsets, unnamed };
}

export function nodeDifference(path: string, node: Inode, actual: ActualNode): string | undefined {
  const differs = (what: string, is: unknown, should: unknown): string =>
    `${path}: ${what} is ${is}, by the model ${should}`;
  if (actual.kind !== node.kind) return differs('kind', actual.kind, node.kind);
  if (actual.uid !== node.uid) return differs('uid', actual.uid, node.uid);
  if (actual.gid !== node.gid) return differs('gid', actual.gid, node.gid);
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

/** The position of each name in the order of the file system. */
export const orderOf = ({ names }: Actual): ReadonlyMap<string, number> =>
  new Map([...names.keys()].map((name, i) => [name, i]));

/** Returns the first difference; undefined: there is none. */
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
    const file = actual.unnamed.get(slot);
    if ((file === undefined) !== node.links > 0)
      return `handle ${slot}: its file has ${file === undefined ? 'a' : 'no'} name, by the model not so`;
    const differs = file && nodeDifference(`handle ${slot}`, node, file);
    if (differs !== undefined) return differs;
  }
  return undefined;
}

function exists(world: World, path: string): boolean {
  for (const [name] of world.disk.names()) if (name === path) return true;
  return false;
}
