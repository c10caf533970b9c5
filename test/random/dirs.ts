// An open directory of the model. By POSIX (readdir), an entry that is added or removed while the directory is open may
// be read or not. All other entries are read once.
import type { Inode, Kind } from './disk';
import type { World } from './world';

export interface OpenDir {
  readonly inode: number;
  /** The entries that have existed since it was opened and were not read yet. They have to be read. */
  readonly owed: Map<string, Kind>;
  /** The entries that may be read or not, with the kinds that they have had. */
  readonly loose: Map<string, Kind[]>;
  /** The inode of each entry at the last look. */
  seen: Map<string, number>;
}

export function openDir(world: World, node: Inode): OpenDir {
  const owed = new Map([...node.entries].map(([name, id]) => [name, world.disk.inode(id).kind]));
  return { inode: node.id, owed, loose: new Map(), seen: new Map(node.entries) };
}

export const cloneDir = (dir: OpenDir): OpenDir => ({
  ...dir,
  owed: new Map(dir.owed),
  loose: new Map(dir.loose),
});

function loosen(dir: OpenDir, name: string, kind: Kind): void {
  dir.loose.set(name, [...(dir.loose.get(name) ?? []), kind]);
}

/** Notes what a change of the disk means for the reads that follow. */
export function follow(dir: OpenDir, world: World): void {
  const { entries } = world.disk.inode(dir.inode);
  let changed = entries.size !== dir.seen.size;
  for (const [name, id] of entries) {
    if (dir.seen.get(name) === id) continue;
    changed = true;
    loosen(dir, name, world.disk.inode(id).kind);
  }
  if (!changed) return;
  for (const [name, kind] of dir.owed) {
    if (dir.seen.get(name) === entries.get(name)) continue;
    dir.owed.delete(name);
    loosen(dir, name, kind);
  }
  dir.seen = new Map(entries);
}

/** After a killed read every entry may be read or not: the read may have taken it. */
export function forget(dir: OpenDir): void {
  for (const [name, kind] of dir.owed) loosen(dir, name, kind);
  dir.owed.clear();
}

/** Returns `got` if a read may return it, otherwise what it should return. An entry is `name:kind`; null is the end. */
export function readEntry(dir: OpenDir, got: unknown): unknown {
  if (got === null) return dir.owed.size === 0 ? null : `one of ${[...dir.owed.keys()].join(', ')}`;
  if (typeof got !== 'string') return 'an entry';
  const [name = '', kind] = got.split(':');
  if (dir.owed.get(name) === kind) {
    dir.owed.delete(name);
    return got;
  }
  const there = dir.loose.get(name)?.some((one) => one === kind);
  return there ? got : `one of ${[...dir.owed.keys(), ...dir.loose.keys()].join(', ')}, or the end`;
}

/** Does the same for a read of all remaining entries. */
export function readRest(dir: OpenDir, got: unknown): unknown {
  const names = Array.isArray(got) ? (got as string[]) : [];
  for (const name of [...names, null]) {
    const should = readEntry(dir, name);
    if (should !== name) return should;
  }
  return names;
}
