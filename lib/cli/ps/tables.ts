// The tables of `ps`: processes, calls and threads.
import type { ControlOp } from '../control/client';
import type { Wait } from '../process/find';
import { roleText } from '../process/roles';
import type { Seen } from '../process/view';
import { escaped } from '../screen/bytes';
import type { Column } from '../screen/table';
import { ageText, countText } from '../screen/units';

export const stuckColor = (ms: number | undefined): 'red' | 'yellow' | undefined => {
  if (ms === undefined || ms < 1000) return undefined;
  return ms >= 5000 ? 'red' : 'yellow';
};

/** Returns the ms of the oldest wait or running op. */
export function oldestOf({ view, ops = [] }: Seen): number | undefined {
  const ages = [...view.waits.map(({ waitedMs }) => waitedMs), ...ops.map(ageOf)];
  return ages.length === 0 ? undefined : ages.reduce((most, age) => Math.max(most, age));
}

export const ageOf = (op: ControlOp): number => (op.state === 'queued' ? op.queuedMs : op.runningMs);

export const PROCESSES: Column<Seen>[] = [
  { title: 'PID', text: ({ view }) => String(view.pid), align: 'right' },
  { title: 'NAME', text: ({ view }) => view.name, least: 6, optional: 1 },
  {
    title: 'WAITING',
    text: ({ view, ops }) => {
      const waiting = waitingIn(view.waits, ops);
      return view.refused !== undefined && waiting === 0 ? '?' : countText(waiting);
    },
    align: 'right',
  },
  {
    title: 'OLDEST',
    text: (seen) => {
      const oldest = oldestOf(seen);
      return oldest === undefined ? '' : ageText(oldest);
    },
    align: 'right',
    color: (seen) => stuckColor(oldestOf(seen)),
  },
  {
    title: 'WAITS ON',
    text: ({ verdicts }) => verdicts.map(({ place }) => place).join(', '),
    least: 12,
    cut: 'end',
  },
  { title: 'LISTED', text: ({ ops }) => (ops === undefined ? '' : 'yes'), optional: 2 },
];

/** Counts ops and threads. A thread in the call of a listed op counts once. */
function waitingIn(waits: readonly Wait[], ops: readonly ControlOp[] = []): number {
  const listed = new Set(ops.map(({ thread }) => thread));
  return ops.length + waits.filter(({ thread }) => !listed.has(thread.tid)).length;
}

export const OPS: Column<ControlOp>[] = [
  {
    title: 'AGE',
    text: (op) => ageText(ageOf(op)),
    align: 'right',
    color: (op) => stuckColor(ageOf(op)),
  },
  { title: 'FN', text: ({ fn }) => fn, least: 6 },
  { title: 'PATH', text: pathOf, least: 10, cut: 'start' },
  {
    title: 'STATE',
    text: ({ state }) => state,
    optional: 1,
    color: ({ state }) => (state === 'abandoned' ? 'red' : state === 'queued' ? 'dim' : undefined),
  },
  { title: 'CALL', text: ({ call }) => call, optional: 3 },
  { title: 'MOUNT', text: ({ mount }) => escaped(mount), least: 6, cut: 'start', optional: 4 },
  {
    title: 'THREAD',
    text: ({ thread }) => (thread === 0 ? '' : String(thread)),
    align: 'right',
    optional: 5,
  },
  { title: 'OP', text: ({ op }) => op, optional: 2 },
];

function pathOf({ path, dest, fd, subject = '' }: ControlOp): string {
  const first = path !== '' ? path : fd >= 0 ? `descriptor ${fd}` : subject;
  return dest === '' ? first : `${first} → ${dest}`;
}

/** A thread on the screen: with what it waits for if it waits. */
export type ThreadRow = Pick<Wait, 'thread' | 'role'> & Partial<Wait>;

export const WAITS: Column<ThreadRow>[] = [
  {
    title: 'WAITS',
    text: ({ waitedMs, atLeast }) =>
      waitedMs === undefined ? '' : `${atLeast === true ? '≥ ' : ''}${ageText(waitedMs)}`,
    align: 'right',
    color: ({ waitedMs }) => stuckColor(waitedMs),
  },
  { title: 'THREAD', text: ({ thread }) => String(thread.tid), align: 'right', optional: 3 },
  {
    title: 'OF',
    text: ({ role, thread }) => (role === 'thread' ? thread.name : roleText(role)),
    least: 6,
    optional: 2,
  },
  { title: 'CALL', text: ({ thread }) => thread.call ?? '?' },
  { title: 'FILE', text: fileOf, least: 10, cut: 'start' },
  {
    title: 'MOUNT',
    text: ({ mount }) => escaped(mount?.mountPoint ?? ''),
    least: 6,
    cut: 'start',
    optional: 4,
  },
  { title: 'TYPE', text: ({ mount }) => mount?.type ?? '', optional: 5 },
  { title: 'IN KERNEL', text: ({ thread }) => thread.wchan, least: 8, optional: 6 },
];

function fileOf({ file, dest, fd }: ThreadRow): string {
  const first = file ?? (fd === undefined ? '' : `descriptor ${fd}`);
  return dest === undefined ? first : `${first} → ${dest}`;
}
