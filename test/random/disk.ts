// A POSIX file system in memory, as Linux shows it to root: inodes, names, links. The effects of the package on a real
// disk are compared with it. An operation that fails throws an Errno, in the kernel's order of checks (fs/namei.c).

/** Has no stack, which takes long to make: most failing calls of a sequence throw several of these. */
export class Errno {
  readonly code: string;

  constructor(code: string) {
    this.code = code;
  }
}

export const fail = (code: string): never => {
  throw new Errno(code);
};

/** Returns the errno that `act` throws; undefined: none. */
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
  /** The number of names of a file. For a directory, 1 or 0. */
  links: number;
  /** The content. It is never changed in place, so that copies of the disk can share it. */
  data: Buffer;
  readonly target: string;
  readonly entries: Map<string, number>;
  /** Seconds, as set by utimes(); undefined: something else has changed the time since. */
  mtime: number | undefined;
}

/** Where a path leads: the folder, the last name, and what is there. */
interface Place {
  readonly parent: Inode;
  readonly name: string;
  readonly node: Inode | undefined;
}

const MOST_LINKS = 40;
const LONGEST_NAME = 255;
const ROOT = 1;
const NOTHING = Buffer.alloc(0);
/** The user and group of new files and folders. */
const OWNER = [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;

export class Disk {
  readonly prefix: string;
  readonly #umask: number;
  #inodes = new Map<number, Inode>();
  #lastId = ROOT;

  /** `prefix`: the path of the root, with which absolute paths in links begin. */
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

  /** Yields every name but that of the root, each folder before its entries. */
  *names(): Generator<[path: string, node: Inode]> {
    const waiting: [string, Inode][] = [['', this.root]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [path, node] = next;
      if (path !== '') yield [path, node];
      for (const [name, id] of node.entries)
        waiting.push([path === '' ? name : `${path}/${name}`, this.inode(id)]);
    }
  }

  /** Returns what the path leads to; undefined: nothing. Fails if a folder on the way is missing. */
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

  /** Returns the path without links, relative to the root. */
  real(path: string): string {
    const id = this.find(path).id;
    if (id === ROOT) return '';
    const { parent, name } = this.#walk(path, true);
    for (const [at, node] of this.names()) if (node.id === parent.id) return `${at}/${name}`;
    return name;
  }

  /** Opens a file with the flags of open(2), and creates or truncates it as these say. */
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
    // The kernel looks both folders up first, then the first name, then the second.
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

  /** Removes a name and everything below it. */
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

  /** Writes bytes, and zeros between the old end of the file and their beginning. */
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

  /** The inode stays for handles that have it open. */
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

/**
 * Parses Node's names of flags (r, r+, rs+, w, wx, w+, wx+, a, ax, as, a+, ax+, as+), or names of C with | between
 * them.
 */
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
