// cp() on the model, in the order of Node's lib/internal/fs/cp/cp.js: an interrupt leaves behind what was done by then.
// The entries of a directory come in the order of the file system, which the world knows from the disk. The package
// copies successive files at the same time, and the disk says how far each had come.
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import {
  cpAllowsFileLinks,
  cpCopiesNatively,
  cpKeepsDirectoryTimes,
  cpRefusesDirectories,
} from '../../lib/node/version';
import { nodeDifference } from './actual';
import { type Act, copyFile, mkdir } from './changes';
import { codeOf, fail, type Inode } from './disk';
import type { CpOptions, Step } from './step';
import type { World } from './world';

type Both = { readonly from: Inode; readonly to: Inode | undefined };

/** The paths of an entry in the source and in the copy. */
type Names = readonly [source: string, copy: string];

const OWNER_WRITES = 0o200;

const parts = (path: string): string[] => path.split(sep).filter(Boolean);

/** Returns whether a path is `above` or below it, by the text of the paths alone. */
export function isBelow(above: string, path: string): boolean {
  const under = parts(path);
  return parts(above).every((part, i) => under[i] === part);
}

class Cp {
  readonly #world: World;
  readonly #options: CpOptions;
  readonly #follows: boolean;

  constructor(world: World, options: CpOptions) {
    this.#world = world;
    this.#options = options;
    this.#follows = options.dereference ?? false;
  }

  *top(src: string, dest: string): Act {
    const both = this.#looked(src, dest);
    if (both === undefined) return undefined;
    this.#checkParents(src, both.from, dest);
    const into = folderOf(dest);
    const code = into === '' ? undefined : codeOf(() => this.#world.disk.find(into));
    if (code === 'ENOENT')
      yield* mkdir(this.#world, { fn: 'mkdir', face: 'promise', path: into, recursive: true });
    else if (code !== undefined) fail(code);
    yield* this.#any(both, src, dest);
    return undefined;
  }

  /** Returns what is at both paths; undefined: the filter leaves the entry out. */
  #looked(src: string, dest: string): Both | undefined {
    const { disk } = this.#world;
    const { skips } = this.#options;
    if (skips !== undefined && basename(dest) === skips) return undefined;
    let to: Inode | undefined;
    const codes = [
      codeOf(() => disk.find(src, this.#follows)),
      codeOf(() => {
        to = disk.lookup(dest, this.#follows);
      }),
    ].filter((code, i) => code !== undefined && (i === 0 || code !== 'ENOENT'));
    // Node looks at both paths at the same time and reports the error that comes first, which may be either.
    if (codes.length > 0) fail([...new Set(codes)].join('|'));
    const from = disk.find(src, this.#follows);
    if (to === from) fail('ERR_FS_CP_EINVAL');
    if (to !== undefined && from.kind === 'dir' && to.kind !== 'dir') fail('ERR_FS_CP_DIR_TO_NON_DIR');
    if (to !== undefined && from.kind !== 'dir' && to.kind === 'dir') fail('ERR_FS_CP_NON_DIR_TO_DIR');
    if (from.kind === 'dir' && isBelow(src, dest)) fail('ERR_FS_CP_EINVAL');
    return { from, to };
  }

  /** Returns whether the source is a directory above the destination, by any path. */
  #checkParents(src: string, from: Inode, dest: string): void {
    const stop = folderOf(src);
    for (let up = folderOf(dest); up !== stop && up !== ''; up = folderOf(up)) {
      const code = codeOf(() => this.#world.disk.find(up));
      if (code === 'ENOENT') continue;
      if (code !== undefined) fail(code);
      if (this.#world.disk.find(up) === from) fail('ERR_FS_CP_EINVAL');
    }
  }

  *#any({ from, to }: Both, src: string, dest: string): Act {
    if (from.kind === 'link') return yield* this.#link(to, src, dest);
    if (from.kind === 'file') return yield* this.#file(from, to, src, dest);
    if (!this.#options.recursive) fail('ERR_FS_EISDIR');
    return yield* this.#directory(from, to, src, dest);
  }

  *#directory(from: Inode, to: Inode | undefined, src: string, dest: string): Act {
    const { disk } = this.#world;
    const { errorOnExist, force = true, skips, preserveTimestamps } = this.#options;
    const { mode } = from;
    const native = to === undefined && skips === undefined && !this.#follows && cpCopiesNatively();
    if (to === undefined) {
      disk.mkdir(dest, 0o777);
      yield 0;
    } else if (errorOnExist && !force && cpRefusesDirectories()) {
      fail('ERR_FS_CP_EEXIST');
    }
    yield* this.#entries(src, dest);
    const keep = preserveTimestamps === true && cpKeepsDirectoryTimes();
    if (native) yield* this.#mode(dest, mode);
    if (keep) yield* this.#times(src, dest);
    if (to === undefined && !native) yield* this.#mode(dest, mode);
    return undefined;
  }

  *#entries(src: string, dest: string): Act {
    const entries = this.#world.listed(src).map((name): Names => [`${src}/${name}`, `${dest}/${name}`]);
    for (let at = 0; at < entries.length; ) {
      const run = this.#run(entries.slice(at));
      if (run.length > 0) {
        yield* this.#files(run);
        at += run.length;
        continue;
      }
      const [source, copy] = entries[at++] as Names;
      const both = this.#looked(source, copy);
      if (both !== undefined) yield* this.#any(both, source, copy);
    }
    return undefined;
  }

  /**
   * Returns the files that the package may copy at the same time: successive ones, up to an entry that is refused or
   * left out.
   */
  #run(entries: readonly Names[]): readonly Names[] {
    const { actual, disk } = this.#world;
    if (actual === undefined || this.#follows) return [];
    const end = entries.findIndex(
      ([source, copy]) =>
        disk.find(source, false).kind !== 'file' ||
        codeOf(() => this.#looked(source, copy) ?? fail('left out')) !== undefined,
    );
    return end === -1 ? entries : entries.slice(0, end);
  }

  /**
   * Copies the files one after the other. Before that it yields the state after an interrupt, in which each file is as
   * far as the disk shows.
   */
  *#files(run: readonly Names[]): Act {
    for (const which of this.#world.inSteps ? [0, -1] : []) {
      const counts = run.map((names) => this.#matches(names).at(which) ?? 0);
      const candidate = this.#world.clone();
      for (const [i, names] of run.entries())
        new Cp(candidate, this.#options).#advance(names, counts[i] ?? 0);
      this.#world.candidate = candidate;
      yield 0;
      this.#world.candidate = undefined;
    }
    for (const [i, [source, copy]] of run.entries()) {
      const both = this.#looked(source, copy) as Both;
      try {
        yield* this.#file(both.from, both.to, source, copy);
      } catch (error) {
        // If one fails, copies of files behind it may have begun, and these come to their end.
        const behind = run.slice(i + 1).map((names) => [names, this.#matches(names)[0] ?? 0] as const);
        for (const [names, count] of behind) this.#advance(names, count);
        throw error;
      }
    }
    return undefined;
  }

  /** Returns after how many steps of the copy the destination is as on the disk. */
  #matches(names: Names): number[] {
    const { actual } = this.#world;
    const world = this.#world.clone();
    const found: number[] = [];
    const look = (count: number): void => {
      const path = `${world.disk.real(folderOf(names[1]))}/${basename(names[1])}`;
      const there = actual?.names.get(path.replace(/^\//, ''));
      const node = world.disk.lookup(names[1], false);
      const same = node && there ? nodeDifference(path, node, there) === undefined : node === there;
      if (same) found.push(count);
    };
    look(0);
    const copying = new Cp(world, this.#options).#one(names);
    for (let count = 1; goesOn(copying); count++) look(count);
    return found;
  }

  /** Takes `count` steps of the copy of one file. */
  #advance(names: Names, count: number): void {
    const copying = this.#one(names);
    for (let i = 0; i < count && goesOn(copying); i++);
  }

  *#one([source, copy]: Names): Act {
    const { from, to } = this.#looked(source, copy) as Both;
    yield* this.#file(from, to, source, copy);
    return undefined;
  }

  *#file(from: Inode, to: Inode | undefined, src: string, dest: string): Act {
    const { disk } = this.#world;
    const { errorOnExist, force = true, preserveTimestamps } = this.#options;
    if (to !== undefined) {
      if (!force) return errorOnExist ? fail('ERR_FS_CP_EEXIST') : undefined;
      disk.unlink(dest);
      yield 0;
    }
    yield* copyFile(this.#world, { fn: 'copyFile', face: 'promise', path: src, dest });
    if (preserveTimestamps) {
      if ((from.mode & OWNER_WRITES) === 0) yield* this.#mode(dest, from.mode | OWNER_WRITES);
      yield* this.#times(src, dest);
    }
    return yield* this.#mode(dest, from.mode);
  }

  *#link(to: Inode | undefined, src: string, dest: string): Act {
    const { disk } = this.#world;
    const source = disk.find(src, false);
    const text = this.#options.verbatimSymlinks ? source.target : this.#absolute(source.target, src);
    if (to !== undefined) {
      if (to.kind !== 'link') fail('EEXIST');
      const replaced = this.#absolute(to.target, dest);
      const intoItself = isBelow(resolve(text), replaced);
      if (intoItself && !cpAllowsFileLinks()) fail('ERR_FS_CP_EINVAL');
      const isDirectory = disk.find(src).kind === 'dir';
      if (intoItself && isDirectory) fail('ERR_FS_CP_EINVAL');
      if (isDirectory && isBelow(replaced, resolve(text))) fail('ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY');
      disk.unlink(dest);
      yield 0;
    }
    disk.symlink(text, dest);
    yield 0;
    return undefined;
  }

  #absolute(target: string, link: string): string {
    return isAbsolute(target) ? target : resolve(dirname(join(this.#world.disk.prefix, link)), target);
  }

  *#mode(path: string, mode: number): Act {
    this.#world.disk.find(path).mode = mode;
    yield 0;
    return undefined;
  }

  *#times(src: string, dest: string): Act {
    const { disk } = this.#world;
    disk.find(dest).mtime = disk.find(src, this.#follows).mtime;
    yield 0;
    return undefined;
  }
}

/** Takes one step. Returns false at the end. */
function goesOn(act: Act): boolean {
  let goes = false;
  codeOf(() => {
    goes = act.next().done !== true;
  });
  return goes;
}

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

export const cp = (world: World, { path = '', dest = '', options = {} }: Step): Act =>
  new Cp(world, options).top(path, dest);
