// Chooses the arguments of a step: paths, lengths and positions, mostly such as exist on the present disk.
import type { Inode } from './disk';
import type { Random } from './random';
import type { World } from './world';

const NAMES = ['a', 'b', 'c', 'd'];
const DEEPEST = 3;
const MAKES = ['mkdir', 'symlink', 'link', 'mkdtemp'];
const LISTS = ['readdir', 'list', 'opendir', 'walk'];
const OF_DIRECTORIES = [...LISTS, 'rmdir', 'cp'];

export class Pick {
  readonly #random: Random;
  readonly #world: World;
  /** The path of the root, with which absolute links begin. */
  readonly #root: string;

  constructor(random: Random, world: World, root: string) {
    this.#random = random;
    this.#world = world;
    this.#root = root;
  }

  name(): string {
    return this.#random.of(NAMES);
  }

  length(): number {
    const random = this.#random;
    return random.weighted([
      [random.below(64), 5],
      [random.below(9000), 4],
      [random.below(400_000), random.chance(1, 8) ? 1 : 0],
      [0, 1],
    ] as const);
  }

  position(): number {
    const random = this.#random;
    return random.chance(1, 3) ? random.below(12_000) : random.below(100);
  }

  path(fn: string): string {
    const random = this.#random;
    if (random.chance(1, 150)) return `a/${'n'.repeat(256)}`;
    if (LISTS.includes(fn) && random.chance(1, 3)) return '';
    if (random.chance(1, 10))
      return [1, 2, 3]
        .slice(random.below(3))
        .map(() => this.name())
        .join('/');
    if (random.chance(MAKES.includes(fn) ? 1 : 7, 10)) {
      const dirs = OF_DIRECTORIES.includes(fn) && random.chance(3, 4);
      const found = this.#existing(({ kind }) => !dirs || kind === 'dir');
      if (found.length > 0) return random.of(found);
    }
    return this.newPath();
  }

  /** Returns a new path in a directory that exists. */
  newPath(): string {
    const dir = this.#random.of(this.#dirs());
    return dir === '' ? this.name() : `${dir}/${this.name()}`;
  }

  target(): string {
    const name = this.name();
    return this.#random.of([name, `${name}/${this.name()}`, `${this.#root}/${name}`, 'nowhere/at/all']);
  }

  #dirs(): string[] {
    const found = [''];
    for (const [path, node] of this.#world.disk.names())
      if (node.kind === 'dir' && path.split('/').length < DEEPEST) found.push(path);
    return found;
  }

  #existing(wanted: (node: Inode) => boolean): string[] {
    return [...this.#world.disk.names()].filter(([, node]) => wanted(node)).map(([path]) => path);
  }
}
