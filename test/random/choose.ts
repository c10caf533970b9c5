// What a sequence does next: mostly what can succeed in the world as it is, and enough of what cannot.
import { listsNatively, rmSyncForgivesFiles, typedListingFollowsLinks } from '../../lib/node/version';
import type { Inode } from './disk';
import type { Random } from './random';
import type { Ending, Face, Step } from './step';
import type { World } from './world';

const NAMES = ['a', 'b', 'c', 'd'];
const FLAGS = ['r', 'r+', 'w', 'wx', 'w+', 'wx+', 'a', 'ax', 'a+', 'ax+'] as const;
const MODES = [0o600, 0o644, 0o664, 0o755, 0o777, 0o700];
const MOST_OPEN = 3;
const DEEPEST = 3;

const pathFns: readonly (readonly [string, number])[] = [
  ['open', 9],
  ['readFile', 4],
  ['writeFile', 9],
  ['appendFile', 6],
  ['readStream', 3],
  ['writeStream', 4],
  ['truncate', 3],
  ['stat', 3],
  ['lstat', 2],
  ['access', 1],
  ['readlink', 2],
  ['realpath', 2],
  ['readdir', 3],
  ['opendir', 2],
  ['mkdir', 7],
  ['mkdtemp', 1],
  ['rmdir', 3],
  ['unlink', 4],
  ['rename', 8],
  ['link', 5],
  ['symlink', 5],
  ['chmod', 2],
  ['utimes', 2],
  ['lutimes', 1],
  ['copyFile', 6],
  ['rm', 3],
];

const handleFns: readonly (readonly [string, number])[] = [
  ['read', 6],
  ['readv', 2],
  ['write', 8],
  ['writev', 3],
  ['ftruncate', 2],
  ['fstat', 2],
  ['fchmod', 1],
  ['futimes', 1],
  ['fsync', 1],
  ['fdatasync', 1],
  ['handleReadFile', 2],
  ['handleWriteFile', 3],
  ['close', 7],
];

export interface Means {
  /** Whether calls are ended at all, and whether the file system can hold a request. */
  readonly ends: boolean;
  readonly holds: boolean;
  /** Slots whose handle is a bare descriptor: it has no methods. */
  readonly bare: ReadonlySet<number>;
  /** Links that begin at the root of everything. */
  readonly root: string;
}

export class Chooser {
  readonly #random: Random;
  readonly #world: World;
  readonly #means: Means;

  constructor(random: Random, world: World, means: Means) {
    this.#random = random;
    this.#world = world;
    this.#means = means;
  }

  /** The calls that are in flight together: one, or some on a handle at places that do not overlap. */
  next(salt: number): Step[] {
    const { open } = this.#world;
    const random = this.#random;
    if (open.size === 0 || random.chance(11, 20)) return [this.#onPath(salt)];
    const slot = random.of([...open.keys()]);
    if (random.chance(1, 6)) return this.#together(slot, salt);
    return [this.#onHandle(slot, salt)];
  }

  #onPath(salt: number): Step {
    const random = this.#random;
    let fn = random.weighted(pathFns);
    if (fn === 'open' && this.#world.open.size >= MOST_OPEN) fn = 'stat';
    const path = this.#path(fn);
    const stream = fn.endsWith('Stream');
    const face = stream ? 'promise' : this.#face();
    const step = { fn, face, path, ending: this.#ending(fn, face) } as const;
    switch (fn) {
      case 'open':
        return { ...step, slot: this.#free(), flags: random.of(FLAGS), mode: random.of(MODES) };
      case 'writeFile':
        return {
          ...step,
          length: this.#length(),
          salt,
          flags: random.of(FLAGS.slice(2)),
          mode: random.of(MODES),
        };
      case 'appendFile':
        return { ...step, length: this.#length(), salt };
      case 'readStream':
        return random.chance(1, 2)
          ? step
          : { ...step, position: this.#position(), length: 1 + this.#length() };
      case 'writeStream': {
        const flags = random.of(['w', 'wx', 'a', 'r+'] as const);
        const position = flags === 'r+' ? this.#position() : null;
        return { ...step, length: this.#length(), salt, flags, mode: random.of(MODES), position };
      }
      case 'truncate':
        return { ...step, length: this.#position() };
      case 'readdir': {
        // Node's follows links where it is to list names alone; with types, too, from 22 on, and from 26 on also with promises.
        const follows = listsNatively || (face !== 'promise' && typedListingFollowsLinks());
        const recursive = random.chance(1, 3) && !follows;
        return { ...step, types: recursive || random.chance(1, 2), recursive };
      }
      case 'mkdir':
        // Node's mkdirSync has errors of its own for what is in the way.
        return {
          ...step,
          mode: random.of([0o700, 0o755, 0o777]),
          recursive: random.chance(1, 3) && face !== 'sync' && path.length < 100,
        };
      case 'rename':
      case 'link':
        return { ...step, dest: this.#path(fn) };
      case 'copyFile':
        return { ...step, dest: this.#path(fn), force: random.chance(1, 4) };
      case 'symlink':
        return { ...step, target: this.#target() };
      case 'chmod':
        return { ...step, mode: random.of([0o700, 0o755, 0o775]) };
      case 'utimes':
      case 'lutimes':
        return { ...step, time: 1_000_000 + random.below(1_000_000) };
      case 'rm':
        return {
          ...step,
          recursive: random.chance(2, 3),
          // Node's forgives a file on the way, and says nothing.
          force: random.chance(1, 2) && !(face === 'sync' && rmSyncForgivesFiles),
        };
      default:
        return step;
    }
  }

  #onHandle(slot: number, salt: number): Step {
    const random = this.#random;
    const { flags, inode } = this.#world.description(slot);
    const { kind } = this.#world.disk.inode(inode);
    const chosen = random.weighted(handleFns);
    // Node's readFile of a descriptor swallows the error of its read.
    const fn = chosen === 'handleReadFile' && (!flags.read || kind !== 'file') ? 'fstat' : chosen;
    // A FileHandle is closed as such: what collects it would close its number again.
    const face = fn === 'close' && !this.#means.bare.has(slot) ? 'promise' : this.#face(slot);
    const step = { fn, face, slot, ending: fn === 'close' ? undefined : this.#ending(fn, face) } as const;
    const position = random.chance(1, 2) ? this.#position() : null;
    switch (fn) {
      case 'read':
      case 'readv':
        return { ...step, length: 2 + this.#length(), position };
      case 'write':
      case 'writev':
        return { ...step, length: 2 + this.#length(), salt, position };
      case 'handleWriteFile':
        return { ...step, length: this.#length(), salt };
      case 'ftruncate':
        return { ...step, length: this.#position() };
      case 'fchmod':
        return { ...step, mode: random.of(MODES) };
      case 'futimes':
        return { ...step, time: 1_000_000 + random.below(1_000_000) };
      default:
        return step;
    }
  }

  /** At positions one behind the other; of a handle that appends, one write, since their order is not defined. */
  #together(slot: number, salt: number): Step[] {
    const random = this.#random;
    const { flags } = this.#world.description(slot);
    const face = this.#means.bare.has(slot) ? 'callback' : random.of(['promise', 'callback'] as const);
    const ending = this.#ending('write', face);
    const steps: Step[] = [];
    let position = this.#position();
    for (let i = 0, count = 2 + random.below(2); i < count; i++) {
      const length = 2 + random.below(6000);
      const writes = flags.write && (!flags.append || i === 0) && random.chance(2, 3);
      const fn = `${writes ? 'write' : 'read'}${random.chance(1, 4) ? 'v' : ''}`;
      if (writes) steps.push({ fn, face, slot, length, salt: salt + i, position, ending });
      else if (!flags.append || i > 0) steps.push({ fn, face, slot, length, position, ending });
      position += length;
    }
    // A read beside a write that makes the file longer sees it with the one length or the other.
    const writes = steps.filter(({ fn }) => fn.startsWith('write'));
    return writes.length > 0 ? writes : steps;
  }

  #face(slot?: number): Face {
    const bare = slot !== undefined && this.#means.bare.has(slot);
    const faces = bare
      ? (['callback', 'sync'] as const)
      : (['promise', 'promise', 'callback', 'sync'] as const);
    return this.#random.of<Face>(faces);
  }

  #free(): number {
    for (let slot = 0; ; slot++) if (!this.#world.open.has(slot)) return slot;
  }

  #length(): number {
    const random = this.#random;
    return random.weighted([
      [random.below(64), 5],
      [random.below(9000), 4],
      [random.below(400_000), random.chance(1, 8) ? 1 : 0],
      [0, 1],
    ] as const);
  }

  #position(): number {
    const random = this.#random;
    return random.chance(1, 3) ? random.below(12_000) : random.below(100);
  }

  #dirs(): string[] {
    const found = [''];
    for (const [path, node] of this.#world.disk.names())
      if (node.kind === 'dir' && path.split('/').length < DEEPEST) found.push(path);
    return found;
  }

  #existing(wanted: (node: Inode) => boolean): string[] {
    return [...this.#world.disk.names()].filter(([, node]) => wanted(node)).map(([path]) => path);
  }

  #path(fn: string): string {
    const random = this.#random;
    if (random.chance(1, 150)) return `a/${'n'.repeat(256)}`;
    if (random.chance(1, 10))
      return [1, 2, 3]
        .slice(random.below(3))
        .map(() => random.of(NAMES))
        .join('/');
    const makes = ['mkdir', 'symlink', 'link', 'mkdtemp'].includes(fn);
    if (random.chance(makes ? 1 : 7, 10)) {
      const dirs = ['readdir', 'opendir', 'rmdir'].includes(fn) && random.chance(3, 4);
      const found = this.#existing(({ kind }) => !dirs || kind === 'dir');
      if (found.length > 0) return random.of(found);
    }
    const dir = random.of(this.#dirs());
    return dir === '' ? random.of(NAMES) : `${dir}/${random.of(NAMES)}`;
  }

  #target(): string {
    const random = this.#random;
    const name = random.of(NAMES);
    return random.of([name, `${name}/${random.of(NAMES)}`, `${this.#means.root}/${name}`, 'nowhere/at/all']);
  }

  #ending(fn: string, face: Face): Ending | undefined {
    const random = this.#random;
    const { ends, holds } = this.#means;
    if (!ends || !random.chance(1, 3)) return undefined;
    const stream = fn.endsWith('Stream');
    const way =
      face === 'sync'
        ? 'timeout'
        : random.of<Ending['way']>(
            stream
              ? ['aborted', 'signal', 'under', 'timeout', 'scope']
              : ['aborted', 'signal', 'timeout', 'interrupt', 'interrupt', 'under', 'scope'],
          );
    const moment = {
      microtasks: random.below(6),
      turns: random.weighted([
        [0, 4],
        [1, 3],
        [2, 1],
        [5, 1],
      ] as const),
      spins: random.chance(1, 2) ? 0 : random.below(30_000),
    };
    const hold =
      holds && random.chance(1, 3)
        ? { how: random.of(['honour', 'honour', 'ignore', 'effect'] as const), op: this.#request() }
        : undefined;
    return { way, ...moment, hold };
  }

  #request(): NonNullable<Ending['hold']>['op'] {
    return this.#random.of([
      undefined,
      undefined,
      'write',
      'read',
      'create',
      'open',
      'setattr',
      'lookup',
      'flush',
      'getattr',
    ] as const);
  }
}
