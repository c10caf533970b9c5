// mounts: which file systems are mounted, what ends a wait on each, and how they are doing.

import { type RequestTimeouts, requestTimeouts } from '../../mounts/request-timeouts';
import type { Command, Report } from '../command';
import { ControlClient, type ControlMount } from '../control/client';
import { socketsOf } from '../control/place';
import { ExitCode } from '../failure';
import { type MountEntry, MountList } from '../process/mount-list';
import { readText } from '../process/read';
import { isRemoteType } from '../process/verdict';
import { type Column, table } from '../screen/table';
import { ageText } from '../screen/units';
import { mountsOf } from './mounts-of';
import { usages } from './usages';

interface Row {
  readonly mount: MountEntry;
  readonly remote: boolean;
  readonly ends: string;
  readonly state: string;
  readonly stuck: number | undefined;
  /** The requests that wait for an answer: from a FUSE daemon, or in an RPC transport. */
  readonly waiting: number | undefined;
  /** How long the kernel waits for an answer of a FUSE daemon. */
  readonly timeouts: RequestTimeouts | undefined;
}

/** Returns the ms that an answer may take if the daemon has set no limit itself; undefined: any time. */
const limitOf = ({ timeouts }: Row): number | undefined => timeouts?.default || timeouts?.max || undefined;

const isFuse = (type: string): boolean => /^fuse(\.|blk|$)/.test(type);

/**
 * Returns the number of unanswered requests of a FUSE connection; undefined: fusectl is not mounted, or the file may
 * not be read.
 */
function fuseWaiting({ type, minor }: MountEntry, list: MountList): number | undefined {
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
function rpcQueues(): Map<string, number> {
  const queues = new Map<string, number>();
  let point: string | undefined;
  for (const line of (readText('/proc/self/mountstats') ?? '').split('\n')) {
    const device = /^device .* mounted on (.+) with fstype (\S+)/.exec(line);
    if (device !== null) point = /^nfs/.test(device[2] as string) ? device[1] : undefined;
    const xprt = point === undefined ? null : /^\s*xprt:\s+(tcp|rdma)\s+(.*)/.exec(line);
    if (point === undefined || xprt === null) continue;
    const [, , , , , sent = 0, received = 0] = (xprt[2] as string).split(' ').map(Number);
    queues.set(point, (queues.get(point) ?? 0) + Math.max(0, sent - received));
  }
  return queues;
}

/** Asks the processes with a control socket for their mounts. If they differ about a mount, the worst answer counts. */
async function toldBy(): Promise<Map<string, ControlMount>> {
  const told = new Map<string, ControlMount>();
  const uid = process.geteuid?.() ?? 0;
  await Promise.all(
    [...socketsOf(uid).keys()].map(async (pid) => {
      const client = await ControlClient.connect(pid);
      try {
        for (const mount of (await client?.ask('mounts'))?.mounts ?? []) {
          const before = told.get(mount.mountPoint);
          if (before === undefined || mount.stuck > before.stuck) told.set(mount.mountPoint, mount);
        }
      } catch {
        // The process has ended meanwhile.
      } finally {
        client?.close();
      }
    }),
  );
  return told;
}

/** Returns a function that says what ends a wait: by mounts.list(), or, without an addon, by the type alone. */
function endsOf(): (mount: MountEntry) => string {
  try {
    const listed = new Map(
      mountsOf()
        .list()
        .map((one) => [one.mountPoint, one.canInterrupt]),
    );
    return ({ mountPoint }) => listed.get(mountPoint) ?? '';
  } catch {
    return ({ type }) => (!isRemoteType(type) ? 'signal' : /^(nfs|fuse)/.test(type) ? 'abort' : 'none');
  }
}

const COLUMNS: Column<Row>[] = [
  { title: 'MOUNTED ON', text: ({ mount }) => mount.mountPoint, least: 10, cut: 'start', color: colorOf },
  { title: 'STATE', text: ({ state }) => state, color: colorOf },
  { title: 'TYPE', text: ({ mount }) => mount.type },
  { title: 'ENDS A WAIT', text: ({ ends }) => ends, optional: 1 },
  {
    title: 'STUCK',
    text: ({ stuck }) => (stuck === undefined ? '' : String(stuck)),
    align: 'right',
    optional: 3,
  },
  {
    title: 'UNANSWERED',
    text: ({ waiting }) => (waiting === undefined ? '' : String(waiting)),
    align: 'right',
    optional: 2,
  },
  {
    title: 'TIMEOUT',
    text: (row) => {
      const limit = limitOf(row);
      return limit === undefined ? '' : ageText(limit);
    },
    align: 'right',
    optional: 5,
  },
  { title: 'SOURCE', text: ({ mount }) => mount.source, least: 8, cut: 'start', optional: 4 },
];

function colorOf({ state }: Row): 'red' | undefined {
  return state === 'stalled' ? 'red' : undefined;
}

async function look(all: boolean, timeout: number | undefined): Promise<Report> {
  const list = MountList.of(process.pid);
  const queues = rpcQueues();
  const ends = endsOf();
  const told = await toldBy();
  const stalled = new Set<string>();
  try {
    for (const usage of await usages(timeout)) if (usage.stalled) stalled.add(usage.mountPoint);
  } catch {
    // Without an addon no mount is asked.
  }
  const rows = list.visible().map((mount): Row => {
    const { mountPoint, type } = mount;
    const report = told.get(mountPoint);
    const isStalled = stalled.has(mountPoint) || report?.state === 'stalled';
    return {
      mount,
      remote: isRemoteType(type),
      ends: ends(mount),
      state: isStalled ? 'stalled' : 'ok',
      stuck: report?.stuck,
      waiting: fuseWaiting(mount, list) ?? queues.get(mountPoint),
      timeouts: isFuse(type) ? requestTimeouts() : undefined,
    };
  });
  const shown = all
    ? rows
    : rows.filter(({ remote, state, mount }) => remote || state !== 'ok' || mount.source.startsWith('/'));
  const json = shown.map(({ mount, remote, ends: canInterrupt, state, stuck, waiting, timeouts }) => ({
    mountPoint: mount.mountPoint,
    type: mount.type,
    source: mount.source,
    remote,
    canInterrupt,
    state,
    stuck: stuck ?? null,
    unanswered: waiting ?? null,
    requestTimeouts: timeouts ?? null,
  }));
  const code = rows.some(({ state }) => state === 'stalled') ? ExitCode.hangs : ExitCode.fine;
  return { json, text: (screen) => table(COLUMNS, shown, screen), code };
}

export const mounts: Command = {
  name: 'mounts',
  words: '',
  summary: 'mounts: type, what ends a wait there, state, unanswered requests',
  details: `ENDS A WAIT: \`signal\`, an interrupt alone; \`kill\`, the end of the call's worker; \`abort\`, only \`pendingop abort\`; \`none\`,
nothing but the server. UNANSWERED: what a FUSE daemon or an NFS server has been asked and has not answered. STUCK: calls
of processes with a control socket. TIMEOUT: how long a FUSE daemon that has set no time itself has for an answer before
the kernel ends its connection (Linux 6.15 and later, where /proc/sys/fs/fuse has one). Mounts without a device or a server are left out without --all. Exit status 1: a
mount is stalled.`,
  options: ['json', 'watch', 'all', 'timeout'],
  least: 0,
  most: 0,
  run: ({ all, timeout }) => look(all, timeout),
};
