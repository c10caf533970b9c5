// How many requests of a mount its daemon or its server has not answered.
import type { MountEntry, MountList } from '../process/mount-list';
import { readText } from '../process/read';
import { unescapedBytes } from '../screen/bytes';

export const isFuse = (type: string): boolean => /^fuse(\.|blk|$)/.test(type);

/**
 * Returns the number of unanswered requests of a FUSE connection; undefined: fusectl is not mounted, or the file may
 * not be read.
 */
export function fuseWaiting({ type, minor }: MountEntry, list: MountList): number | undefined {
  if (!isFuse(type)) return undefined;
  for (const { mountPoint } of list.ofType(/^fusectl$/)) {
    const text = readText(`${mountPoint}/${minor}/waiting`);
    if (text !== undefined) return Number(text);
  }
  return undefined;
}

/**
 * Returns the number of requests of NFS mounts that were queued or sent and are not answered. /proc/self/mountstats has
 * them in the transport line of a mount: requests sent and received (xprt: tcp …, fields 8 and 9;
 * net/sunrpc/xprtsock.c).
 */
export function rpcQueues(): Map<string, number> {
  const queues = new Map<string, number>();
  let point: string | undefined;
  for (const line of (readText('/proc/self/mountstats') ?? '').split('\n')) {
    const device = /^device .* mounted on (.+) with fstype (\S+)/.exec(line);
    if (device !== null)
      point = /^nfs/.test(device[2] as string) ? unescapedBytes(device[1] as string) : undefined;
    const xprt = point === undefined ? null : /^\s*xprt:\s+(tcp|rdma)\s+(.*)/.exec(line);
    if (point === undefined || xprt === null) continue;
    const [, , , , , sent = 0, received = 0] = (xprt[2] as string).split(' ').map(Number);
    queues.set(point, (queues.get(point) ?? 0) + Math.max(0, sent - received));
  }
  return queues;
}
