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
