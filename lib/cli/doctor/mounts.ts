// Doctor: what works on each remote mount.
import { existsSync } from 'node:fs';
import { nameOf } from '../commands/mounts-of';
import { type MountEntry, MountList } from '../process/mount-list';
import { isRemoteType } from '../process/remote';
import { escaped } from '../screen/bytes';
import type { Finding } from './checks';

const ALONE: Record<string, string> = {
  signal: 'calls that wait there can be interrupted one by one',
  kill: 'calls that wait there can be ended one by one, but for the close of what is not written yet',
  abort: 'no call that waits there can be ended alone',
  none: 'no call that waits there can be ended: it is abandoned, and the kernel has it until the server answers',
};

/** Says what `pendingop abort` does on the mount. */
function together({ type, major, minor }: MountEntry): string {
  if (/^fuse(\.|blk|$)/.test(type))
    return existsSync(`/sys/fs/fuse/connections/${minor}/abort`)
      ? '`pendingop abort` ends all of them, for its mounting user and root'
      : '`pendingop abort` ends all of them, for root (/sys/fs/fuse/connections is not mounted, or not yours)';
  if (/^nfs4?$/.test(type))
    return type === 'nfs4' && existsSync(`/sys/fs/nfs/${major}:${minor}/shutdown`)
      ? '`pendingop abort` ends all of them, for root, and shuts the mount down until it is unmounted and mounted again'
      : '`pendingop abort` ends all of them, for root, as `umount -f`';
  if (/^(cifs|smb3|smbfs)$/.test(type))
    return '`pendingop abort` frees none; one that the client reconnects for is only abandoned, so end them early';
  return '`pendingop abort` ends none';
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
  return MountList.own()
    .visible()
    .filter(({ type }) => isRemoteType(type))
    .map((mount): Finding => {
      const can = ends(mount.mountPoint) ?? 'none';
      const mild = can === 'signal' || can === 'kill';
      const text = `${escaped(mount.mountPoint)} (${mount.type}): ${ALONE[can]}; ${together(mount)}`;
      return { verdict: mild ? 'ok' : 'note', what: 'mount', text };
    });
}
