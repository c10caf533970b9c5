// mounts: which file systems are mounted, what ends a wait on each, and how they are doing.

import { type RequestTimeouts, requestTimeouts } from '../../mounts/request-timeouts';
import type { Command, Report } from '../command';
import { ExitCode } from '../failure';
import { fuseWaiting, isFuse, rpcQueues } from '../mounts/requests';
import { toldBy, toldOf } from '../mounts/told';
import { type MountEntry, MountList } from '../process/mount-list';
import { isRemoteType } from '../process/remote';
import { escaped } from '../screen/bytes';
import { type Column, table } from '../screen/table';
import { ageText } from '../screen/units';
import { mountsOf, nameOf } from './mounts-of';
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

/** Returns a function that says what ends a wait: by mounts.list(), or, without an addon, by the type alone. */
function endsOf(): (mount: MountEntry) => string {
  try {
    const listed = new Map(
      mountsOf()
        .list()
        .map(({ path, canInterrupt }) => [nameOf(path), canInterrupt]),
    );
    return ({ mountPoint }) => listed.get(mountPoint) ?? '';
  } catch {
    return ({ type }) => (!isRemoteType(type) ? 'signal' : /^(nfs|fuse)/.test(type) ? 'abort' : 'none');
  }
}

const COLUMNS: Column<Row>[] = [
  {
    title: 'MOUNTED ON',
    text: ({ mount }) => escaped(mount.mountPoint),
    least: 10,
    cut: 'start',
    color: colorOf,
  },
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

/** Asks all mounts. Returns those that do not answer; without an addon none is asked. */
async function stalledAmong(timeout: number | undefined): Promise<Set<string>> {
  try {
    return new Set((await usages(timeout)).flatMap(({ stalled, name }) => (stalled ? name : [])));
  } catch {
    return new Set();
  }
}

async function look(all: boolean, timeout: number | undefined): Promise<Report> {
  const list = MountList.own();
  const queues = rpcQueues();
  const ends = endsOf();
  const [told, stalled] = await Promise.all([toldBy(), stalledAmong(timeout)]);
  const rows = list.visible().map((mount): Row => {
    const { mountPoint, type } = mount;
    const report = toldOf(told, mount);
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
    escaped: escaped(mount.mountPoint),
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
