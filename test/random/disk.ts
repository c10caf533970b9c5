// A POSIX file system in memory, as Linux has it for root: inodes, names, links. What the package does to a real disk is
// compared with this. An operation that fails throws an Errno, in the kernel's order of checks (fs/namei.c).

export class Errno extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export const fail = (code: string): never => {
  throw new Errno(code);
};

/** The errno of what fails. */
export function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof Errno) return error.code;
    throw error;
  }
}

export type Kind = 'file' | 'dir' | 'link';

export interface Inode {
  readonly id: number;
  readonly kind: Kind;
  mode: number;
  uid: number;
  gid: number;
  /** Names that a file has; of a directory only whether it has one. */
  links: number;
  /** Never changed in place, so that copies of the disk share it. */
  data: Buffer;
  readonly target: string;
  readonly entries: Map<string, number>;
  /** Seconds, as utimes() set it; undefined where something else has changed it since. */
  mtime: number | undefined;
}

/** Where the last name of a path leads. */
interface Place {
  readonly parent: Inode;
  readonly name: string;
  readonly node: Inode | undefined;
}

const MOST_LINKS = 40;
const LONGEST_NAME = 255;
const ROOT = 1;
const NOTHING = Buffer.alloc(0);
/** Of what is made. */
const OWNER = [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;

export class Disk {
  readonly prefix: string;
  readonly #umask: number;
  #inodes = new Map<number, Inode>();
  #lastId = ROOT;

  /** Absolute paths, as links have them, begin with `prefix`: the root's own path. */
  constructor(prefix: string, umask: number) {
    this.prefix = prefix;
    this.#umask = umask;
    this.#inodes.set(ROOT, this.#inode(ROOT, 'dir', 0o755));
  }

  clone(): Disk {
    const copy = new Disk(this.prefix, this.#umask);
    copy.#lastId = this.#lastId;
    copy.#inodes = new Map();
    for (const [id, node] of this.#inodes) copy.#inodes.set(id, { ...node, entries: new Map(node.entries) });
    return copy;
  }

  get root(): Inode {
    return this.inode(ROOT);
  }

  inode(id: number): Inode {
    const node = this.#inodes.get(id);
    if (node === undefined) throw new Error(`the model has no inode ${id}`);
    return node;
  }

  /** Every name, the root's left out: folders before what is in them. */
  *names(): Generator<[path: string, node: Inode]> {
    const waiting: [string, Inode][] = [['', this.root]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [path, node] = next;
      if (path !== '') yield [path, node];
      for (const [name, id] of node.entries)
        waiting.push([path === '' ? name : `${path}/${name}`, this.inode(id)]);
    }
  }

  /** What the path leads to, or undefined; fails where something before its last name is missing. */
  lookup(path: string, follow: boolean): Inode | undefined {
    return this.#walk(path, follow).node;
  }

  find(path: string, follow = true): Inode {
    return this.lookup(path, follow) ?? fail('ENOENT');
  }

  dir(path: string): Inode {
    const node = this.find(path);
    return node.kind === 'dir' ? node : fail('ENOTDIR');
  }

  /** The path without links, as realpath() returns it below the root. */
  real(path: string): string {
    const id = this.find(path).id;
    if (id === ROOT) return '';
    const { parent, name } = this.#walk(path, true);
    for (const [at, node] of this.names()) if (node.id === parent.id) return `${at}/${name}`;
    return name;
  }

  /** `flags` are open's: what they create or truncate happens. */
  open(path: string, flags: OpenFlags, mode: number): Inode {
    const { parent, name, node } = this.#walk(path, !flags.noFollow && !(flags.create && flags.exclusive));
    if (node === undefined) {
      if (!flags.create) fail('ENOENT');
      return this.#add(parent, name, 'file', mode & 0o7777 & ~this.#umask);
    }
    if (flags.create && flags.exclusive) fail('EEXIST');
    if (node.kind === 'link') fail('ELOOP');
    if (flags.directory && node.kind !== 'dir') fail('ENOTDIR');
    if (node.kind === 'dir' && (flags.write || flags.create)) fail('EISDIR');
    if (flags.truncate && node.kind === 'file') this.setData(node, NOTHING);
    return node;
  }

  mkdir(path: string, mode: number): void {
    const { parent, name, node } = this.#walk(path, false);
    if (node !== undefined) fail('EEXIST');
    this.#add(parent, name, 'dir', mode & 0o1777 & ~this.#umask);
  }

  symlink(target: string, path: string): void {
    const { parent, name, node } = this.#walk(path, false);
    if (node !== undefined) fail('EEXIST');
    this.#add(parent, name, 'link', 0o777, target);
  }

  link(from: string, to: string): void {
    const node = this.find(from, false);
    const place = this.#walk(to, false);
    if (place.node !== undefined) fail('EEXIST');
    if (node.kind === 'dir') fail('EPERM');
    place.parent.entries.set(place.name, node.id);
    place.parent.mtime = undefined;
    node.links++;
  }

  unlink(path: string): void {
    const { parent, name, node } = this.#walk(path, false);
    if (node === undefined) throw new Errno('ENOENT');
    if (node.kind === 'dir') fail('EISDIR');
    this.#drop(parent, name, node);
  }

  rmdir(path: string): void {
    const { parent, name, node } = this.#walk(path, false);
    if (node === undefined) throw new Errno('ENOENT');
    if (node.kind !== 'dir') fail('ENOTDIR');
    if (node.entries.size > 0) fail('ENOTEMPTY');
    this.#drop(parent, name, node);
  }

  rename(from: string, to: string): void {
    // Both folders first, then the one name, then the other.
    this.dir(folderOf(from));
    this.dir(folderOf(to));
    const old = this.#walk(from, false);
    const { node } = old;
    if (node === undefined) throw new Errno('ENOENT');
    const place = this.#walk(to, false);
    const there = place.node;
    if (this.#isWithin(place.parent, node)) fail('EINVAL');
    if (there !== undefined && this.#isWithin(old.parent, there)) fail('ENOTEMPTY');
    if (there === node) return;
    if (there !== undefined) {
      if (node.kind === 'dir' && there.kind !== 'dir') fail('ENOTDIR');
      if (node.kind !== 'dir' && there.kind === 'dir') fail('EISDIR');
      if (there.entries.size > 0) fail('ENOTEMPTY');
      this.#drop(place.parent, place.name, there);
    }
    old.parent.entries.delete(old.name);
    place.parent.entries.set(place.name, node.id);
    old.parent.mtime = place.parent.mtime = undefined;
  }

  /** Takes a name away with all that is below it. */
  remove(path: string): void {
    const { parent, name, node } = this.#walk(path, false);
    if (node === undefined) return;
    for (const inside of [...node.entries.keys()]) this.remove(`${path}/${inside}`);
    this.#drop(parent, name, node);
  }

  setData(node: Inode, data: Buffer): void {
    node.data = data;
    node.mtime = undefined;
  }

  /** What a write leaves: zeros where there was nothing before. */
  write(node: Inode, at: number, bytes: Buffer): void {
    if (bytes.length === 0) return;
    const data = Buffer.alloc(Math.max(node.data.length, at + bytes.length));
    node.data.copy(data);
    bytes.copy(data, at);
    this.setData(node, data);
  }

  truncate(node: Inode, length: number): void {
    const data = Buffer.alloc(length);
    node.data.copy(data);
    this.setData(node, data);
  }

  #inode(id: number, kind: Kind, mode: number, target = ''): Inode {
    const [uid, gid] = OWNER;
    return {
      id,
      kind,
      mode,
      uid,
      gid,
      links: 1,
      data: NOTHING,
      target,
      entries: new Map(),
      mtime: undefined,
    };
  }

  #add(parent: Inode, name: string, kind: Kind, mode: number, target = ''): Inode {
    const node = this.#inode(++this.#lastId, kind, mode, target);
    this.#inodes.set(node.id, node);
    parent.entries.set(name, node.id);
    parent.mtime = undefined;
    return node;
  }

  /** The inode stays for whoever has it open. */
  #drop(parent: Inode, name: string, node: Inode): void {
    parent.entries.delete(name);
    parent.mtime = undefined;
    node.links--;
  }

  #isWithin(dir: Inode, of: Inode): boolean {
    if (of.kind !== 'dir') return false;
    if (dir.id === of.id) return true;
    return [...of.entries.values()].some((id) => this.#isWithin(dir, this.inode(id)));
  }

  #walk(path: string, follow: boolean): Place {
    let rest = this.#split(path);
    let parent = this.root;
    for (let links = 0; ; ) {
      const name = rest.shift();
      if (name === undefined) return { parent, name: '', node: parent };
      if (parent.kind !== 'dir') fail('ENOTDIR');
      if (name.length > LONGEST_NAME) fail('ENAMETOOLONG');
      const id = parent.entries.get(name);
      const node = id === undefined ? undefined : this.inode(id);
      const last = rest.length === 0;
      if (node?.kind === 'link' && (follow || !last)) {
        if (++links > MOST_LINKS) fail('ELOOP');
        if (node.target.startsWith('/')) parent = this.root;
        rest = [...this.#split(node.target), ...rest];
        continue;
      }
      if (last) return { parent, name, node };
      parent = node ?? fail('ENOENT');
    }
  }

  #split(path: string): string[] {
    const inside = path.startsWith(this.prefix) ? path.slice(this.prefix.length) : path;
    return inside.split('/').filter((name) => name !== '');
  }
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

export interface OpenFlags {
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
  readonly create: boolean;
  readonly exclusive: boolean;
  readonly truncate: boolean;
  readonly noFollow: boolean;
  readonly directory: boolean;
}

/** Of Node's names for flags (r, r+, rs+, w, wx, w+, wx+, a, ax, as, a+, ax+, as+), or of names of C with | between them. */
export function openFlags(text: string): OpenFlags {
  if (text.startsWith('O_')) {
    const has = (...names: string[]): boolean => names.some((name) => text.split('|').includes(name));
    return {
      read: has('O_RDONLY', 'O_RDWR'),
      write: has('O_WRONLY', 'O_RDWR'),
      append: has('O_APPEND'),
      create: has('O_CREAT'),
      exclusive: has('O_EXCL'),
      truncate: has('O_TRUNC'),
      noFollow: has('O_NOFOLLOW'),
      directory: has('O_DIRECTORY'),
    };
  }
  const plus = text.includes('+');
  const kind = text[0];
  return {
    read: kind === 'r' || plus,
    write: kind !== 'r' || plus,
    append: kind === 'a',
    create: kind !== 'r',
    exclusive: text.includes('x'),
    truncate: kind === 'w',
    noFollow: false,
    directory: false,
  };
}
