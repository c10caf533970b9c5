// A file as a walk comes to it: by the path that is shown and that errors name; and by the names at its end, from a
// directory that the walk holds open. What is done there is done in that directory, whatever somebody else makes of the
// names above it meanwhile.
import type { Base } from '../../engine/engine-call';
import type { Path } from '../requests/request';

export class Place implements Base {
  readonly path: Path;
  readonly directory: number;
  readonly names: number;
  readonly follows: boolean;

  /** `follows`: whether symbolic links are, as far as Node's function of that step would. */
  constructor(path: Path, follows: boolean, directory = -1, names = 0) {
    this.path = path;
    this.directory = directory;
    this.names = names;
    this.follows = follows;
  }
}
