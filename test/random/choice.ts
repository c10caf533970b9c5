// What every choice of a step goes by: the random numbers, the present disk and what the sequence may do.
import { type Ends, ending } from './endings';
import { Pick } from './pick';
import type { Random } from './random';
import type { Ending, Face } from './step';
import type { World } from './world';

export const MODES = [0o600, 0o644, 0o664, 0o755, 0o777, 0o700];
/** Only root may give a file to another user. */
export const isRoot = process.getuid?.() === 0;
export const OWNERS = isRoot ? [0, 1, 1000, 65_534] : [process.getuid?.() ?? 0];
export const GROUPS = isRoot ? [0, 1, 1000, 65_534] : [process.getgid?.() ?? 0];

export interface Means extends Ends {
  /** Whether any call is ended. */
  readonly ends: boolean;
  /** Every third call on a path is one of these functions. */
  readonly often: readonly string[] | undefined;
  /** Slots that hold a bare descriptor, which has no methods. */
  readonly bare: ReadonlySet<number>;
  /** The path of the root, with which absolute links begin. */
  readonly root: string;
}

export class Choice {
  readonly random: Random;
  readonly world: World;
  readonly means: Means;
  readonly pick: Pick;

  constructor(random: Random, world: World, means: Means) {
    this.random = random;
    this.world = world;
    this.means = means;
    this.pick = new Pick(random, world, means.root);
  }

  face(isBare: boolean): Face {
    const faces = isBare
      ? (['callback', 'sync'] as const)
      : (['promise', 'promise', 'callback', 'sync'] as const);
    return this.random.of<Face>(faces);
  }

  /** Ends a third of the calls, and never a close. */
  ending(fn: string, face: Face, isolated = false): Ending | undefined {
    const { ends } = this.means;
    if (!ends || /^(close|dirClose)$/.test(fn) || !this.random.chance(1, 3)) return undefined;
    return ending(this.random, this.means, fn, face, isolated);
  }
}
