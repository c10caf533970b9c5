// The model as a program sees it: the disk, and the open handles.
import type { Actual } from './actual';
import { cloneDir, follow, type OpenDir } from './dirs';
import { codeOf, type Disk, fail, type Inode, type OpenFlags } from './disk';

/** An open file description. */
export interface Description {
  readonly inode: number;
  readonly flags: OpenFlags;
  offset: number;
}

export class World {
  readonly disk: Disk;
  readonly open: Map<number, Description>;
  readonly dirs: Map<number, OpenDir>;
  /** The result of statfs(), for any path. */
  fileSystem: unknown;
  /** The position of each name in the order of the file system, at the last look at the disk. */
  order: ReadonlyMap<string, number> = new Map();
  /** The disk as it is, for functions that make some of their calls at the same time. */
  actual: Actual | undefined;
  /** The state that an act yields, if it is not the world that the act works on. */
  candidate: World | undefined;
  /** Whether a write yields at every page. */
  inSteps = false;

  constructor(disk: Disk, open = new Map<number, Description>(), dirs = new Map<number, OpenDir>()) {
    this.disk = disk;
    this.open = open;
    this.dirs = dirs;
  }

  clone(): World {
    const open = new Map([...this.open].map(([slot, description]) => [slot, { ...description }]));
    const dirs = new Map([...this.dirs].map(([slot, dir]) => [slot, cloneDir(dir)]));
    const copy = new World(this.disk.clone(), open, dirs);
    copy.fileSystem = this.fileSystem;
    copy.order = this.order;
    copy.actual = this.actual;
    copy.inSteps = this.inSteps;
    return copy;
  }

  /** Notes the disk as it is after a step. */
  settle(order: ReadonlyMap<string, number>): void {
    this.order = order;
    this.inSteps = false;
    this.actual = undefined;
    for (const dir of this.dirs.values()) follow(dir, this);
  }

  /** Returns the names in a directory, in the order of the file system. */
  listed(path: string): string[] {
    const real = this.disk.real(path);
    const place = (name: string): number => this.order.get(real === '' ? name : `${real}/${name}`) ?? 0;
    return [...this.disk.dir(path).entries.keys()].sort((a, b) => place(a) - place(b));
  }

  /** Returns whether there is a link at the path or below it. */
  hasLinks(path: string): boolean {
    const visit = (node: Inode): boolean =>
      node.kind === 'link' || [...node.entries.values()].some((id) => visit(this.disk.inode(id)));
    const code = codeOf(() => this.disk.find(path));
    return code !== undefined || visit(this.disk.find(path, false)) || visit(this.disk.find(path));
  }

  dir(slot: number): OpenDir {
    return this.dirs.get(slot) ?? fail('ERR_DIR_CLOSED');
  }

  description(slot: number): Description {
    return this.open.get(slot) ?? fail('EBADF');
  }

  inode(description: Description): Inode {
    return this.disk.inode(description.inode);
  }

  readable(slot: number): [Description, Inode] {
    const description = this.description(slot);
    const node = this.inode(description);
    if (!description.flags.read) fail('EBADF');
    if (node.kind === 'dir') fail('EISDIR');
    return [description, node];
  }

  writable(slot: number): [Description, Inode] {
    const description = this.description(slot);
    if (!description.flags.write) fail('EBADF');
    return [description, this.inode(description)];
  }
}
