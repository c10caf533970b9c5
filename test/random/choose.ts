// Chooses the next step of a sequence: mostly one that can succeed on the present disk, and often enough one that
// cannot.
import { Choice, type Means } from './choice';
import { dirSteps } from './dir-steps';
import { handleStep, stepsTogether } from './handle-steps';
import { pathStep } from './path-steps';
import type { Random } from './random';
import type { Step } from './step';
import type { World } from './world';

/** Returns the calls that are in flight together: one, or some on one handle at places that do not overlap. */
export function chooseSteps(random: Random, world: World, means: Means, salt: number): Step[] {
  const choice = new Choice(random, world, means);
  const { open, dirs } = world;
  if (dirs.size > 0 && random.chance(1, 6)) return dirSteps(choice, random.of([...dirs.keys()]));
  if (open.size === 0 || random.chance(11, 20)) return [pathStep(choice, salt)];
  const slot = random.of([...open.keys()]);
  if (random.chance(1, 6)) return stepsTogether(choice, slot, salt);
  return [handleStep(choice, slot, salt)];
}
