// Steps on a path.
import { constants } from 'node:fs';
import { listsNatively, rmSyncForgivesFiles, typedListingFollowsLinks } from '../../lib/node/version';
import { type Choice, GROUPS, isRoot, MODES, OWNERS } from './choice';
import { copyStep } from './copy-step';
import type { Face, Step } from './step';

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
const { F_OK, R_OK, W_OK, X_OK } = constants;
const MOST_OPEN = 3;
const MOST_DIRS = 2;
/** When the disk has so many names, trees are removed instead of copied. */
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
  ['list', 3],
  ['walk', 3],
  ['statMany', 3],
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

/** Functions that a process of its own can run: their arguments can be copied, and the disk shows how far they came. */
const ISOLATED = ['writeFile', 'appendFile', 'rename', 'mkdir', 'unlink', 'copyFile', 'truncate', 'rm'];

/** Functions that Node lacks, and the function that is chosen in their place when Node's own are tried. */
const OWN: Readonly<Record<string, string>> = { walk: 'readdir', statMany: 'stat' };

export function pathStep(choice: Choice, salt: number): Step {
  const { random, pick } = choice;
  const { open, dirs } = choice.world;
  const { often } = choice.means;
  let fn = often !== undefined && random.chance(1, 3) ? random.of(often) : random.weighted(pathFns);
  if (!choice.means.ends) fn = OWN[fn] ?? fn;
  if (fn === 'open' && open.size >= MOST_OPEN) fn = 'stat';
  if (fn === 'opendir' && dirs.size >= MOST_DIRS) fn = 'list';
  if (fn === 'cp' && isFull(choice)) fn = 'rm';
  const path = pick.path(fn);
  const isolated = ISOLATED.includes(fn) && random.chance(1, 200);
  const face = faceOf(choice, fn, isolated);
  const step = {
    fn,
    face,
    path,
    ending: choice.ending(fn, face, isolated),
    ...(isolated ? { isolated } : {}),
  };
  switch (fn) {
    case 'open':
      return { ...step, slot: free(open), flags: random.of(OPEN_FLAGS), mode: random.of(MODES) };
    case 'opendir':
      return {
        ...step,
        // opendirSync() without a timeout returns Node's own Dir, whose reads take no options.
        face: face === 'sync' && step.ending === undefined ? 'callback' : face,
        dir: free(dirs),
        ...(random.chance(1, 2) ? { bufferSize: 1 + random.below(3) } : {}),
      };
    case 'list':
      // The calls that enter the directories below take no signal, so nothing may be held there.
      return { ...step, recursive: step.ending?.hold === undefined && random.chance(1, 2) };
    case 'walk':
      return { ...step, types: random.chance(1, 2) };
    case 'statMany':
      return { ...step, paths: [path, pick.path(fn), pick.path(fn)], follow: random.chance(1, 2) };
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
      // Node's recursive readdir() follows links if it lists names alone; since 22 also if it lists types, since 26
      // also with promises.
      const follows = listsNatively || (face !== 'promise' && typedListingFollowsLinks());
      const recursive = random.chance(1, 3) && !follows;
      return { ...step, types: recursive || random.chance(1, 2), recursive };
    }
    case 'mkdir':
      // Node's mkdirSync() has other errors if a file is in the way.
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
      return copyStep(choice, path, random.chance(1, 2) ? pick.newPath() : pick.path(fn), {
        ...step,
        // cpSync() without a timeout is Node's own, which has other errors.
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
        // With `force`, Node's own rmSync() succeeds if the path leads through a file.
        force: random.chance(1, 2) && !(face === 'sync' && rmSyncForgivesFiles),
      };
    default:
      return step;
  }
}

function isFull(choice: Choice): boolean {
  return [...choice.world.disk.names()].length > MOST_NAMES;
}

function faceOf(choice: Choice, fn: string, isolated: boolean): Face {
  if (isolated) return 'sync';
  if (fn.endsWith('Stream') || fn === 'writeChunks' || fn in OWN) return 'promise';
  return choice.face(false);
}

function free(taken: ReadonlyMap<number, unknown>): number {
  for (let slot = 0; ; slot++) if (!taken.has(slot)) return slot;
}
