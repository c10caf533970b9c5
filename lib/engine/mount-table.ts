// Which mount a path is on, by its text alone: a mount that hangs is never touched for it. Linux; elsewhere every
// mount is unknown.
import { type NativeMount, native } from './addon';

/** The mounts as they were when it was made. */
export class MountTable {
  readonly version: number;
  readonly entries: readonly NativeMount[];
  readonly #byId: ReadonlyMap<number, NativeMount>;

  constructor(version: number) {
    this.version = version;
    this.entries = native.mounts();
    this.#byId = new Map(this.entries.map((entry) => [entry.id, entry]));
  }

  /** The mount that an absolute path is on. */
  entryOf(path: string | Uint8Array): NativeMount | undefined {
    return this.#byId.get(native.mountOf(typeof path === 'string' ? Buffer.from(path) : path));
  }

  byId(id: number): NativeMount | undefined {
    return this.#byId.get(id);
  }

  /** The mount point that an absolute path is on; '' if unknown. */
  of(path: string): string {
    return this.entryOf(path)?.point ?? '';
  }
}

let table: MountTable | undefined;

/** The table as it is now: a file of the kernel's own, so to read it waits for nothing. */
export function mountTable(): MountTable {
  const version = native.refreshMounts();
  if (table?.version !== version) table = new MountTable(version);
  return table;
}

/**
 * The mount that an absolute path is on, without a look at the kernel's table: as of when it last said that this has
 * changed, which is some moments ago at most.
 */
export function mountAt(path: string | Uint8Array): NativeMount | undefined {
  const id = native.mountOf(typeof path === 'string' ? Buffer.from(path) : path);
  if (id < 0) return undefined;
  return (table ?? mountTable()).byId(id) ?? mountTable().byId(id);
}

/** Whether something was asked there and nothing came back for a second, nor since. */
export const isStalledAt = ({ major, minor }: NativeMount): boolean => native.health(major, minor) < 0;
