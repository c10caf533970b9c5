// Chooses how a call of a random sequence is ended, and when.
import type { Random } from './random';
import type { Ending, Face } from './step';

export interface Ends {
  /** Whether the file system can hold a request. */
  readonly holds: boolean;
  /** Whether no other actor makes calls, so that tasks may be killed. */
  readonly alone: boolean;
}

/**
 * The ways that are possible for each kind of call: one on a mount, a stream, an iteration, which takes no options, and
 * one in a process of its own.
 */
type What = 'call' | 'stream' | 'iteration' | 'isolated';

const WAYS: Record<What, readonly Ending['way'][]> = {
  call: ['aborted', 'signal', 'timeout', 'interrupt', 'interrupt', 'under', 'scope'],
  stream: ['aborted', 'signal', 'under', 'timeout', 'scope'],
  iteration: ['under', 'scope'],
  isolated: ['aborted', 'signal', 'timeout', 'timeout'],
};

const REQUESTS = [
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
  'readdir',
  'unlink',
  'mkdir',
] as const;

/** ms of a timeout: for a call, and for one in a helper process, which may have to be started first. */
const TIMEOUTS = [1, 1, 1, 2, 5];
const LONGEST_ISOLATED = 80;

const whatIs = (fn: string, isolated: boolean): What =>
  isolated ? 'isolated' : fn.endsWith('Stream') ? 'stream' : fn === 'dirRest' ? 'iteration' : 'call';

function wayOf(random: Random, what: What, face: Face, alone: boolean): Ending['way'] {
  if (face === 'sync' && what !== 'isolated') return 'timeout';
  if (what === 'call' && alone && random.chance(1, 6)) return 'killed';
  return random.of(WAYS[what]);
}

export function ending(random: Random, ends: Ends, fn: string, face: Face, isolated = false): Ending {
  const what = whatIs(fn, isolated);
  const way = wayOf(random, what, face, ends.alone);
  const moment = {
    ms: isolated ? 1 + random.below(LONGEST_ISOLATED) : random.of(TIMEOUTS),
    microtasks: random.below(6),
    turns: random.weighted([
      [0, 4],
      [1, 3],
      [2, 1],
      [5, 1],
    ] as const),
    spins: random.chance(1, 2) ? 0 : random.below(30_000),
  };
  if (!ends.holds || !random.chance(1, 3)) return { way, ...moment };
  const how = random.of(['honour', 'honour', 'ignore', 'effect', 'deaf'] as const);
  // A deaf daemon also leaves the closes unread that a stream and an iteration wait for.
  const closes = what === 'stream' || fn === 'list';
  return {
    way,
    ...moment,
    hold: { how: closes && how === 'deaf' ? 'ignore' : how, op: random.of(REQUESTS) },
  };
}
