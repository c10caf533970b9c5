// Finds the file system that a mount depends on. An overlay is made of folders, ecryptfs of one, and a loop device of a
// file. If these lie on a remote file system, calls on the mount wait for that one, and end when its connection does.
// The addon finds them too (binding/sys/unix/mountinfo.cc, binding/core/mount_table.cc). The commands do not ask it: they
// work without an addon, and look at the mounts of other processes. If one of the two learns of another kind of mount,
// so has the other one to.
import type { MountEntry, MountList } from './mount-list';
import { namesIn, readText } from './read';
import { isRemoteType } from './remote';

/**
 * Returns the paths of an overlay's folders, as whoever mounted it called them. Between layers there is a colon, and a
 * colon within a path has a backslash before it.
 */
function layersOf(options: readonly string[]): string[] {
  return options
    .flatMap((option) => /^(?:lowerdir\+?|datadir\+|upperdir)=(.*)$/s.exec(option)?.[1] ?? [])
    .flatMap((list) => list.match(/(?:\\.|[^:\\])+/gs) ?? [])
    .map((path) => path.replaceAll(/\\(.)/gs, '$1'));
}

/** Devices on devices come to a few. The kernel makes no circle of them. */
const DEEPEST = 8;

/**
 * Returns the paths of the files that a block device keeps its data in, as the kernel has them: a loop device does, and
 * what is made of loop devices. `device` is its folder in /sys; that of a partition lies in that of the whole device.
 */
function filesOf(device: string, depth = 0): string[] {
  const file = readText(`${device}/loop/backing_file`) ?? readText(`${device}/../loop/backing_file`);
  const slaves = depth < DEEPEST ? namesIn(`${device}/slaves`) : [];
  return [
    ...(file === undefined ? [] : [file.replace(/\n$/, '')]),
    ...slaves.flatMap((name) => filesOf(`${device}/slaves/${name}`, depth + 1)),
  ];
}

function partsOf({ type, source, ofFileSystem, major, minor }: MountEntry): string[] {
  if (type === 'ecryptfs') return [source];
  if (type === 'overlay') return layersOf(ofFileSystem);
  // File systems without a device have the major number 0.
  return major === 0 ? [] : filesOf(`/sys/dev/block/${major}:${minor}`);
}

function search(mount: MountEntry, mounts: MountList, above: readonly MountEntry[]): MountEntry | undefined {
  if (isRemoteType(mount.type)) return mount;
  const seen = [...above, mount];
  for (const path of partsOf(mount)) {
    const part = mounts.ofPath(path);
    if (part === undefined || seen.includes(part)) continue;
    const found = search(part, mounts, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What was found for an entry. A list of mounts is as the kernel had it at one moment, and so are the answers. */
const known = new WeakMap<MountEntry, { readonly remote: MountEntry | undefined }>();

/**
 * Returns the remote mount that the calls on a mount of the list may wait for: the mount itself, or one beneath it. Each
 * mount is looked at once, since many calls may wait on it.
 */
export function remoteBeneath(mount: MountEntry, mounts: MountList): MountEntry | undefined {
  let found = known.get(mount);
  if (found === undefined) {
    found = { remote: search(mount, mounts, []) };
    known.set(mount, found);
  }
  return found.remote;
}
