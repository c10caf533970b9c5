// What a program sees of the model: the disk, and what it has open there.
import { type Disk, fail, type Inode, type OpenFlags } from './disk';

/** An open file description. */
export interface Description {
  readonly inode: number;
  readonly flags: OpenFlags;
  offset: number;
}

export class World {
  readonly disk: Disk;
  readonly open: Map<number, Description>;
  /** Whether a write is to stop at every page that it comes to. */
  inSteps = false;

  constructor(disk: Disk, open: Map<number, Description> = new Map()) {
    this.disk = disk;
    this.open = open;
  }

  clone(): World {
    const open = new Map([...this.open].map(([slot, description]) => [slot, { ...description }]));
    return new World(this.disk.clone(), open);
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
