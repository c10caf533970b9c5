// Steps on a Dir that is open.
import type { Choice } from './choice';
import type { Step } from './step';

const dirFns: readonly (readonly [string, number])[] = [
  ['dirRead', 12],
  ['dirRest', 2],
  ['dirClose', 3],
];

/** Returns one read of a Dir, several reads that wait for each other, or its close. */
export function dirSteps(choice: Choice, dir: number): Step[] {
  const { random } = choice;
  const fn = random.weighted(dirFns);
  const face = fn === 'dirRest' ? 'promise' : choice.face(false);
  const step = { fn, face, dir, ending: choice.ending(fn, face) };
  // The other ways list the calls in flight, and reads that wait behind the first are not listed.
  const { way } = step.ending ?? {};
  const together = way === undefined || ['aborted', 'signal', 'timeout'].includes(way);
  return fn === 'dirRead' && together && random.chance(1, 4)
    ? [step, step, step].slice(random.below(2))
    : [step];
}
