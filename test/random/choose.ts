// What a sequence does next: mostly what can succeed in the world as it is, and enough of what cannot.
import { constants } from 'node:fs';
import { listsNatively, rmSyncForgivesFiles, typedListingFollowsLinks } from '../../lib/node/version';
import { folderOf, isBelow } from './cp';
import { type Ends, ending } from './endings';
import { Pick } from './pick';
import type { Random } from './random';
import type { CpOptions, Ending, Face, Step } from './step';
import type { World } from './world';

const FLAGS = ['w', 'wx', 'w+', 'wx+', 'a', 'ax', 'a+', 'ax+', 'as', 'as+'] as const;
const OPEN_FLAGS = [
  'r',
  'r+',
  'rs+',
  ...FLAGS,
  ...(process.platform === 'linux'
    ? [
        'O_WRONLY',
        'O_RDWR|O_TRUNC',
        'O_WRONLY|O_APPEND',
        'O_RDWR|O_CREAT',
        'O_RDONLY|O_CREAT',
        'O_RDONLY|O_NOFOLLOW',
        'O_RDWR|O_CREAT|O_NOFOLLOW',
        'O_RDONLY|O_DIRECTORY',
        'O_RDWR|O_CREAT|O_EXCL|O_TRUNC',
      ]
    : []),
];
const MODES = [0o600, 0o644, 0o664, 0o755, 0o777, 0o700];
const { F_OK, R_OK, W_OK, X_OK } = constants;
/** Only root gives files away. */
const isRoot = process.getuid?.() === 0;
const OWNERS = isRoot ? [0, 1, 1000, 65_534] : [process.getuid?.() ?? 0];
const GROUPS = isRoot ? [0, 1, 1000, 65_534] : [process.getgid?.() ?? 0];
const MOST_OPEN = 3;
const MOST_DIRS = 2;
/** Names on the disk, until trees are removed rather than copied. */
const MOST_NAMES = 100;

const pathFns: readonly (readonly [string, number])[] = [
  ['open', 9],
  ['readFile', 4],
  ['writeFile', 9],
  ['writeChunks', 2],
  ['appendFile', 6],
  ['readStream', 3],
  ['writeStream', 4],
  ['truncate', 3],
  ['stat', 3],
  ['lstat', 2],
  ['access', 2],
  ['exists', 2],
  ['statfs', 1],
  ['readlink', 2],
  ['realpath', 2],
  ['readdir', 3],
  ['list', 2],
  ['opendir', 4],
  ['mkdir', 7],
  ['mkdtemp', 1],
  ['rmdir', 3],
  ['unlink', 4],
  ['rename', 8],
  ['link', 5],
  ['symlink', 5],
  ['chmod', 2],
  ['chown', 1],
  ['lchown', 1],
  ['utimes', 2],
  ['lutimes', 1],
  ['copyFile', 6],
  ['cp', 7],
  ['rm', 4],
];

const handleFns: readonly (readonly [string, number])[] = [
  ['read', 6],
  ['readv', 2],
  ['write', 8],
  ['writev', 3],
  ['ftruncate', 2],
  ['fstat', 2],
  ['fchmod', 1],
  ['fchown', 1],
  ['futimes', 1],
  ['fsync', 1],
  ['fdatasync', 1],
  ['handleReadFile', 2],
  ['handleWriteFile', 2],
  ['handleAppendFile', 2],
  ['handleReadStream', 2],
  ['handleWriteStream', 2],
  ['close', 7],
];

const dirFns: readonly (readonly [string, number])[] = [
  ['dirRead', 12],
  ['dirRest', 2],
  ['dirClose', 3],
];

/** What a process of its own can do: its arguments can be copied, and how far it had got can be seen on the disk. */
const ISOLATED = ['writeFile', 'appendFile', 'rename', 'mkdir', 'unlink', 'copyFile', 'truncate', 'rm'];

/** A read of what is no file: Node's readFile of a descriptor swallows the error, and a stream's is a chunk's. */
const OF_FILES = ['handleReadFile', 'handleReadStream'];

export interface Means extends Ends {
  /** Whether calls are ended at all. */
  readonly ends: boolean;
  /** Slots whose handle is a bare descriptor: it has no methods. */
  readonly bare: ReadonlySet<number>;
  /** Links that begin at the root of everything. */
  readonly root: string;
}

export class Chooser {
  readonly #random: Random;
  readonly #world: World;
  readonly #means: Means;
  readonly #pick: Pick;

  constructor(random: Random, world: World, means: Means) {
    this.#random = random;
    this.#world = world;
    this.#means = means;
    this.#pick = new Pick(random, world, means.root);
  }

  /** The calls that are in flight together: one, or some on a handle at places that do not overlap. */
  next(salt: number): Step[] {
    const { open, dirs } = this.#world;
    const random = this.#random;
    if (dirs.size > 0 && random.chance(1, 6)) return this.#onDir(random.of([...dirs.keys()]));
    if (open.size === 0 || random.chance(11, 20)) return [this.#onPath(salt)];
    const slot = random.of([...open.keys()]);
    if (random.chance(1, 6)) return this.#together(slot, salt);
    return [this.#onHandle(slot, salt)];
  }

  #onPath(salt: number): Step {
    const random = this.#random;
    const pick = this.#pick;
    const { open, dirs } = this.#world;
    let fn = random.weighted(pathFns);
    if (fn === 'open' && open.size >= MOST_OPEN) fn = 'stat';
    if (fn === 'opendir' && dirs.size >= MOST_DIRS) fn = 'list';
    if (fn === 'cp' && this.#isFull()) fn = 'rm';
    const path = pick.path(fn);
    const isolated = ISOLATED.includes(fn) && random.chance(1, 200);
    const face = this.#faceOf(fn, isolated);
    const step = {
      fn,
      face,
      path,
      ending: this.#ending(fn, face, isolated),
      ...(isolated ? { isolated } : {}),
    };
    switch (fn) {
      case 'open':
        return { ...step, slot: free(open), flags: random.of(OPEN_FLAGS), mode: random.of(MODES) };
      case 'opendir':
        return {
          ...step,
          // Of opendirSync() without a timeout it is Node's own, whose reads take no options.
          face: face === 'sync' && step.ending === undefined ? 'callback' : face,
          dir: free(dirs),
          ...(random.chance(1, 2) ? { bufferSize: 1 + random.below(3) } : {}),
        };
      case 'writeFile':
      case 'writeChunks':
        return { ...step, length: pick.length(), salt, flags: random.of(FLAGS), mode: random.of(MODES) };
      case 'appendFile':
        return { ...step, length: pick.length(), salt };
      case 'readStream':
        return random.chance(1, 2) ? step : { ...step, position: pick.position(), length: 1 + pick.length() };
      case 'writeStream': {
        const flags = random.of(['w', 'wx', 'a', 'r+'] as const);
        const position = flags === 'r+' ? pick.position() : null;
        return { ...step, length: pick.length(), salt, flags, mode: random.of(MODES), position };
      }
      case 'truncate':
        return { ...step, length: pick.position() };
      case 'access':
        return { ...step, mode: random.of(isRoot ? [F_OK, R_OK, R_OK | W_OK, X_OK] : [F_OK]) };
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
        return { ...step, dest: pick.path(fn) };
      case 'copyFile':
        return { ...step, dest: pick.path(fn), force: random.chance(1, 4) };
      case 'cp':
        return this.#copy(path, random.chance(1, 2) ? pick.newPath() : pick.path(fn), {
          ...step,
          // Node's cpSync has errors of its own; with a timeout it is not Node's.
          face: face === 'sync' && step.ending === undefined ? 'promise' : face,
        });
      case 'symlink':
        return { ...step, target: pick.target() };
      case 'chmod':
        return { ...step, mode: random.of([0o700, 0o755, 0o775]) };
      case 'chown':
      case 'lchown':
        return { ...step, uid: random.of(OWNERS), gid: random.of(GROUPS) };
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

  #isFull(): boolean {
    return [...this.#world.disk.names()].length > MOST_NAMES;
  }

  #copy(path: string, dest: string, step: Step): Step {
    const options = this.#copying(path);
    // By a link, into what is copied: that has no end, here and in Node.
    const recursive = options.recursive && !this.#leadsInto(dest, path);
    return { ...step, dest, options: { ...options, recursive } };
  }

  /** Whether the nearest directory above `dest` that there is lies in `path`, or is it. */
  #leadsInto(dest: string, path: string): boolean {
    const { disk } = this.#world;
    for (let up = folderOf(dest); ; up = folderOf(up)) {
      try {
        const [real, above] = [disk.real(up), disk.real(path)];
        return real === above || isBelow(above, real);
      } catch {
        if (up === '') return false;
      }
    }
  }

  #copying(path: string): CpOptions {
    const random = this.#random;
    // A link to a directory that it is in has no end.
    const dereference = random.chance(1, 4) && !this.#world.hasLinks(path);
    return {
      recursive: random.chance(5, 6),
      force: random.chance(2, 3),
      errorOnExist: random.chance(1, 3),
      dereference,
      preserveTimestamps: random.chance(1, 3),
      verbatimSymlinks: !dereference && random.chance(1, 3),
      ...(random.chance(1, 4) ? { skips: this.#pick.name() } : {}),
    };
  }

  #onHandle(slot: number, salt: number): Step {
    const random = this.#random;
    const pick = this.#pick;
    const { flags, inode } = this.#world.description(slot);
    const { kind } = this.#world.disk.inode(inode);
    const isBare = this.#means.bare.has(slot);
    let fn = random.weighted(handleFns);
    if (OF_FILES.includes(fn) && (!flags.read || kind !== 'file')) fn = 'fstat';
    if (fn.endsWith('Stream') && isBare) fn = 'fsync';
    // A FileHandle is closed as such: what collects it would close its number again.
    const hasOneFace = fn.endsWith('Stream') || (fn === 'close' && !isBare);
    const face = hasOneFace ? 'promise' : this.#face(isBare);
    const step = { fn, face, slot, ending: this.#ending(fn, face) } as const;
    const position = random.chance(1, 2) ? pick.position() : null;
    switch (fn) {
      case 'read':
      case 'readv':
        return { ...step, length: 2 + pick.length(), position };
      case 'write':
      case 'writev':
        return { ...step, length: 2 + pick.length(), salt, position };
      case 'handleReadStream':
        return position === null ? step : { ...step, length: 1 + pick.length(), position };
      case 'handleWriteStream':
        return { ...step, length: pick.length(), salt, position };
      case 'handleWriteFile':
      case 'handleAppendFile':
        return { ...step, length: pick.length(), salt };
      case 'ftruncate':
        return { ...step, length: pick.position() };
      case 'fchmod':
        return { ...step, mode: random.of(MODES) };
      case 'fchown':
        return { ...step, uid: random.of(OWNERS), gid: random.of(GROUPS) };
      case 'futimes':
        return { ...step, time: 1_000_000 + random.below(1_000_000) };
      default:
        return step;
    }
  }

  /** One read or several that wait for each other, or the end of it. */
  #onDir(dir: number): Step[] {
    const random = this.#random;
    const fn = random.weighted(dirFns);
    const face = fn === 'dirRest' ? 'promise' : this.#face(false);
    const step = { fn, face, dir, ending: this.#ending(fn, face) };
    // What is interrupted by a list of calls is not what waits behind them.
    const { way } = step.ending ?? {};
    const together = way === undefined || ['aborted', 'signal', 'timeout'].includes(way);
    return fn === 'dirRead' && together && random.chance(1, 4)
      ? [step, step, step].slice(random.below(2))
      : [step];
  }

  /** At positions one behind the other; of a handle that appends, one write, since their order is not defined. */
  #together(slot: number, salt: number): Step[] {
    const random = this.#random;
    const { flags } = this.#world.description(slot);
    const face = this.#means.bare.has(slot) ? 'callback' : random.of(['promise', 'callback'] as const);
    const ending = this.#ending('write', face);
    const steps: Step[] = [];
    let position = this.#pick.position();
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

  #faceOf(fn: string, isolated: boolean): Face {
    if (isolated) return 'sync';
    if (fn.endsWith('Stream') || fn === 'writeChunks') return 'promise';
    return this.#face(false);
  }

  #face(isBare: boolean): Face {
    const faces = isBare
      ? (['callback', 'sync'] as const)
      : (['promise', 'promise', 'callback', 'sync'] as const);
    return this.#random.of<Face>(faces);
  }

  /** Of a third of the calls; a close is never ended. */
  #ending(fn: string, face: Face, isolated = false): Ending | undefined {
    const { ends } = this.#means;
    if (!ends || /^(close|dirClose)$/.test(fn) || !this.#random.chance(1, 3)) return undefined;
    return ending(this.#random, this.#means, fn, face, isolated);
  }
}

function free(taken: ReadonlyMap<number, unknown>): number {
  for (let slot = 0; ; slot++) if (!taken.has(slot)) return slot;
}
