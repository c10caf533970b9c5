// A file as a walk reaches it. `path` is shown, and errors name it. The calls use the last names of the path, looked up
// from a directory that the walk holds open. So a step works in that directory, even if another program replaces the
// names above it meanwhile.
import type { Base } from '../../engine/engine-call';
import type { Path } from '../requests/request';

export class Place implements Base {
  readonly path: Path;
  readonly directory: number;
  readonly names: number;
  readonly follows: boolean;

  /** `follows`: whether symbolic links are followed, if Node's function for this step follows them. */
  constructor(path: Path, follows: boolean, directory = -1, names = 0) {
    this.path = path;
    this.directory = directory;
    this.names = names;
    this.follows = follows;
  }
}
