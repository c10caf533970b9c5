// A step that copies a tree, with options with which the copy ends.
import type { Choice } from './choice';
import { folderOf, isBelow } from './cp';
import type { CpOptions, Step } from './step';

export function copyStep(choice: Choice, path: string, dest: string, step: Step): Step {
  const options = copying(choice, path);
  // A copy through a link into the tree that is copied does not end, here and in Node.
  const recursive = options.recursive && !leadsInto(choice, dest, path);
  return { ...step, dest, options: { ...options, recursive } };
}

/** Returns whether the nearest existing directory above `dest` is `path` or lies below it. */
function leadsInto(choice: Choice, dest: string, path: string): boolean {
  const { disk } = choice.world;
  for (let up = folderOf(dest); ; up = folderOf(up)) {
    try {
      const [real, above] = [disk.real(up), disk.real(path)];
      return real === above || isBelow(above, real);
    } catch {
      if (up === '') return false;
    }
  }
}

function copying(choice: Choice, path: string): CpOptions {
  const { random } = choice;
  // With `dereference`, a link to a directory above itself makes a copy without end.
  const dereference = random.chance(1, 4) && !choice.world.hasLinks(path);
  return {
    recursive: random.chance(5, 6),
    force: random.chance(2, 3),
    errorOnExist: random.chance(1, 3),
    dereference,
    preserveTimestamps: random.chance(1, 3),
    verbatimSymlinks: !dereference && random.chance(1, 3),
    ...(random.chance(1, 4) ? { skips: choice.pick.name() } : {}),
  };
}
