// Doctor: what works on each remote mount, and on each that is made of what lies on one.
import { existsSync } from 'node:fs';
import { nameOf } from '../commands/mounts-of';
import { shellWord } from '../process/advice';
import { remoteBeneath } from '../process/beneath';
import { type MountEntry, MountList } from '../process/mount-list';
import { escaped } from '../screen/bytes';
import type { Finding } from './checks';

const ALONE: Record<string, string> = {
  signal: 'calls that wait there can be interrupted one by one',
  kill: 'calls that wait there can be ended one by one, but for the close of what is not written yet',
  abort: 'no call that waits there can be ended alone',
  none: 'no call that waits there can be ended: it is abandoned, and the kernel has it until the server answers',
};

/** Calls on a disk that lies in a file of a remote mount. The kernel waits for some blocks whatever comes. */
const ON_DISK =
  'calls that wait for the content of a file can be ended one by one, those that wait for another block of the disk are only abandoned';

/** Says what `pendingop abort` does to the calls that wait for a remote mount. */
function together({ type, major, minor }: MountEntry): string {
  if (/^fuse(\.|blk|$)/.test(type))
    return existsSync(`/sys/fs/fuse/connections/${minor}/abort`)
      ? 'ends all of them, for its mounting user and root'
      : 'ends all of them, for root (/sys/fs/fuse/connections is not mounted, or not yours)';
  if (/^nfs4?$/.test(type))
    return type === 'nfs4' && existsSync(`/sys/fs/nfs/${major}:${minor}/shutdown`)
      ? 'ends all of them, for root, and shuts the mount down until it is unmounted and mounted again'
      : 'ends all of them, for root, as `umount -f`';
  if (/^(cifs|smb3|smbfs)$/.test(type))
    return 'frees none; one that the client reconnects for is only abandoned, so end them early';
  return 'ends none';
}

export function mountFindings(): Finding[] {
  let ends: (point: string) => string | undefined;
  try {
    const { mounts } = require('../../index') as typeof import('../../index');
    const listed = new Map(mounts.list().map(({ path, canInterrupt }) => [nameOf(path), canInterrupt]));
    ends = (point) => listed.get(point);
  } catch {
    return [];
  }
  const list = MountList.own();
  return list.visible().flatMap((mount) => findingOf(mount, list, ends) ?? []);
}

/** Returns undefined for a mount whose calls wait for no server and no daemon. */
function findingOf(
  mount: MountEntry,
  list: MountList,
  ends: (point: string) => string | undefined,
): Finding | undefined {
  const remote = remoteBeneath(mount, list);
  if (remote === undefined) return undefined;
  const can = ends(remote.mountPoint) ?? 'none';
  const mild = can === 'signal' || can === 'kill';
  const isOwn = remote === mount;
  const below = escaped(remote.mountPoint);
  const what = isOwn ? mount.type : `${mount.type} that lies on ${below}, ${remote.type}`;
  const abort = isOwn ? '`pendingop abort`' : `\`pendingop abort ${shellWord(below)}\``;
  const alone = mild && !isOwn && mount.major !== 0 ? ON_DISK : ALONE[can];
  const text = `${escaped(mount.mountPoint)} (${what}): ${alone}; ${abort} ${together(remote)}`;
  return { verdict: mild ? 'ok' : 'note', what: 'mount', text };
}
