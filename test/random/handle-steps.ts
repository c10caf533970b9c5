// Steps on a file that is open: on a FileHandle, or on a bare descriptor.
import { type Choice, GROUPS, MODES, OWNERS } from './choice';
import type { Step } from './step';

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
  ['handleLinesStream', 1],
  ['handleWebStream', 1],
  ['close', 7],
];

/**
 * Only made on files. For other descriptors Node's readFile() swallows the error of the read, and a stream reports one
 * for each chunk.
 */
const OF_FILES = ['handleReadFile', 'handleReadStream', 'handleLinesStream', 'handleWebStream'];

export function handleStep(choice: Choice, slot: number, salt: number): Step {
  const { random, pick } = choice;
  const { flags, inode } = choice.world.description(slot);
  const { kind } = choice.world.disk.inode(inode);
  const isBare = choice.means.bare.has(slot);
  let fn = random.weighted(handleFns);
  if (OF_FILES.includes(fn) && (!flags.read || kind !== 'file')) fn = 'fstat';
  if (fn.endsWith('Stream') && isBare) fn = 'fsync';
  // A FileHandle is closed by its own method. Otherwise the garbage collector would close its number again.
  const hasOneFace = fn.endsWith('Stream') || (fn === 'close' && !isBare);
  const face = hasOneFace ? 'promise' : choice.face(isBare);
  const step = { fn, face, slot, ending: choice.ending(fn, face) } as const;
  const position = random.chance(1, 2) ? pick.position() : null;
  switch (fn) {
    case 'read':
    case 'readv':
      return { ...step, length: 2 + pick.length(), position };
    case 'write':
    case 'writev':
      return { ...step, length: 2 + pick.length(), salt, position };
    case 'handleReadStream':
    case 'handleLinesStream':
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

/**
 * Returns calls at positions one behind the other. A handle that appends gets one write only, since the order of
 * several is not defined.
 */
export function stepsTogether(choice: Choice, slot: number, salt: number): Step[] {
  const { random } = choice;
  const { flags } = choice.world.description(slot);
  const face = choice.means.bare.has(slot) ? 'callback' : random.of(['promise', 'callback'] as const);
  const ending = choice.ending('write', face);
  const steps: Step[] = [];
  let position = choice.pick.position();
  for (let i = 0, count = 2 + random.below(2); i < count; i++) {
    const length = 2 + random.below(6000);
    const writes = flags.write && (!flags.append || i === 0) && random.chance(2, 3);
    const fn = `${writes ? 'write' : 'read'}${random.chance(1, 4) ? 'v' : ''}`;
    if (writes) steps.push({ fn, face, slot, length, salt: salt + i, position, ending });
    else if (!flags.append || i > 0) steps.push({ fn, face, slot, length, position, ending });
    position += length;
  }
  // A read that runs together with a write may see the old or the new length of the file, so the reads are left out.
  const writes = steps.filter(({ fn }) => fn.startsWith('write'));
  return writes.length > 0 ? writes : steps;
}
