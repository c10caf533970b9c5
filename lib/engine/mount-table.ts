// Tells which mount a path is on, judged by the text of the path alone, so that no stalled mount is touched. On systems
// other than Linux and Windows every mount is unknown.
import { pathOfPlace } from '../node/path-text';
import { isWindows } from '../node/windows';
import { type NativeMount, native } from './addon';

/** The mounts at the time when the table was made. */
export class MountTable {
  readonly version: number;
  readonly entries: readonly NativeMount[];
  readonly #byId: ReadonlyMap<number, NativeMount>;

  constructor(version: number) {
    this.version = version;
    this.entries = native.mounts();
    this.#byId = new Map(this.entries.map((entry) => [entry.id, entry]));
  }

  /** Returns the mount that an absolute path is on. */
  entryOf(path: string | Uint8Array): NativeMount | undefined {
    return this.#byId.get(native.mountOf(typeof path === 'string' ? Buffer.from(path) : path));
  }

  byId(id: number): NativeMount | undefined {
    return this.#byId.get(id);
  }

  /** Returns the mount point that an absolute path is on; '' if unknown. */
  of(path: string | Uint8Array): string {
    return this.entryOf(path)?.point ?? '';
  }
}

let table: MountTable | undefined;

/** Returns the table as it is now. Reading it waits for nothing: the kernel has it in memory. */
export function mountTable(): MountTable {
  const version = native.refreshMounts();
  if (table?.version !== version) table = new MountTable(version);
  return table;
}

/**
 * Returns the mount that an absolute path is on, without reading the kernel's table. It goes by the last table that
 * native code has read, so a change may be missed for some moments.
 */
export function mountAt(path: string | Uint8Array): NativeMount | undefined {
  const id = native.mountOf(typeof path === 'string' ? Buffer.from(path) : path);
  if (id < 0) return undefined;
  return (table ?? mountTable()).byId(id) ?? mountTable().byId(id);
}

/** Returns the mount point as placeText() has paths. */
export const placeOfMount = ({ point, bytes }: NativeMount): string => (isWindows ? point : bytes);

/** Returns the mount point as functions take it: as bytes if its name is no UTF-8. */
export const pathOfMount = (mount: NativeMount): string | Buffer => pathOfPlace(placeOfMount(mount));

/** Returns whether calls wait on the mount and none has come back for a second. */
export const isStalledAt = ({ major, minor }: NativeMount): boolean => native.health(major, minor) < 0;
