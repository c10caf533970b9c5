// mounts: which there are, what ends a wait there, and how they get on.

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
  /** Requests that the kernel has out: to a FUSE daemon, or in an RPC transport. */
  readonly waiting: number | undefined;
  /** What the kernel gives a FUSE daemon for an answer. */
  readonly timeouts: RequestTimeouts | undefined;
}

/** ms that an answer may take that the daemon has set no time for itself; undefined: any. */
const limitOf = ({ timeouts }: Row): number | undefined => timeouts?.default || timeouts?.max || undefined;

const isFuse = (type: string): boolean => /^fuse(\.|blk|$)/.test(type);

/** How many requests of a FUSE connection are unanswered; undefined: fusectl is not mounted, or it may not be read. */
function fuseWaiting({ type, minor }: MountEntry, list: MountList): number | undefined {
  if (!isFuse(type)) return undefined;
  for (const { mountPoint } of list.ofType(/^fusectl$/)) {
    const text = readText(`${mountPoint}/${minor}/waiting`);
    if (text !== undefined) return Number(text);
  }
  return undefined;
}

/**
 * What is queued or sent and not answered on NFS mounts: in /proc/self/mountstats the transport line of a mount has the
 * requests sent and received (xprt: tcp …, fields 8 and 9; net/sunrpc/xprtsock.c).
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

/** What the processes with a control socket say of their mounts: the worst of them counts. */
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
        // It has ended meanwhile.
      } finally {
        client?.close();
      }
    }),
  );
  return told;
}

/** What ends a wait: mounts.list() knows; without an addon the type alone tells. */
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
    // Without an addon nobody asks them.
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
