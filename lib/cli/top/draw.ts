// One screen of `top`.

import type { ControlMount, ControlOp } from '../control/client';
import { ageOf, OPS } from '../ps/tables';
import { printable, type Screen, shorten, style, wrap } from '../screen/style';
import { type Column, table } from '../screen/table';
import { ageText, countText } from '../screen/units';
import { type ProcessSample, type Rate, ratesOf } from './sample';

export const SORTS = ['age', 'fn', 'path', 'state'] as const;
export type Sort = (typeof SORTS)[number];

export interface View {
  readonly sort: Sort;
  readonly filter: string;
  /** Whether the filter is being typed. */
  readonly typing: boolean;
  /** The op that the keys work on. */
  readonly selected: string | undefined;
  readonly message: string;
}

/** An op with its process. In a process without a control socket it is a thread that waits. */
export interface Line extends ControlOp {
  readonly pid: number;
  /** `pid op`. */
  readonly key: string;
}

export function linesOf(
  samples: readonly ProcessSample[],
  { sort, filter }: Pick<View, 'sort' | 'filter'>,
): Line[] {
  const lines = samples.flatMap(({ pid, ops, waits }): Line[] => {
    const listed = new Set(ops.map(({ thread }) => thread));
    const threads = waits
      .filter(({ thread }) => !listed.has(thread.tid))
      .map(
        ({ thread, waitedMs, file, dest, fd, mount }): Line => ({
          pid,
          key: `${pid} ${thread.tid}`,
          op: '',
          fn: '(thread)',
          state: 'running',
          call: thread.call ?? '',
          path: file ?? '',
          dest: dest ?? '',
          fd: fd ?? -1,
          mount: mount?.mountPoint ?? '',
          thread: thread.tid,
          queuedMs: 0,
          runningMs: waitedMs,
        }),
      );
    return [...ops.map((op) => ({ ...op, pid, key: `${pid} ${op.op}` })), ...threads];
  });
  const shown = lines.filter(
    (line) =>
      filter === '' ||
      `${line.pid} ${line.fn} ${line.path} ${line.dest} ${line.call} ${line.mount} ${line.state}`.includes(
        filter,
      ),
  );
  const by: Record<Sort, (a: Line, b: Line) => number> = {
    age: (a, b) => ageOf(b) - ageOf(a),
    fn: (a, b) => a.fn.localeCompare(b.fn),
    path: (a, b) => a.path.localeCompare(b.path),
    state: (a, b) => a.state.localeCompare(b.state),
  };
  return shown.sort((a, b) => by[sort](a, b) || ageOf(b) - ageOf(a));
}

const RATES: Column<Rate>[] = [
  { title: 'FN', text: ({ fn }) => fn, least: 6 },
  { title: '/s', text: ({ perSecond }) => countText(perSecond), align: 'right' },
  {
    title: 'QUEUE',
    text: ({ queueMs }) => (queueMs === undefined ? '' : ageText(queueMs)),
    align: 'right',
    optional: 2,
  },
  { title: 'KERNEL', text: ({ runMs }) => (runMs === undefined ? '' : ageText(runMs)), align: 'right' },
  {
    title: 'FAILED/s',
    text: ({ failedPerSecond }) => (failedPerSecond === 0 ? '' : countText(failedPerSecond)),
    align: 'right',
    optional: 3,
  },
  { title: 'ENDED', text: ({ ended }) => (ended === 0 ? '' : countText(ended)), align: 'right', optional: 4 },
];

const MOUNTS: Column<ControlMount>[] = [
  {
    title: 'MOUNT',
    text: ({ mountPoint }) => mountPoint,
    least: 8,
    cut: 'start',
    color: ({ state }) => (state === 'stalled' ? 'red' : undefined),
  },
  {
    title: 'STATE',
    text: ({ state }) => state,
    color: ({ state }) => (state === 'stalled' ? 'red' : undefined),
  },
  { title: 'STUCK', text: ({ stuck }) => String(stuck), align: 'right' },
  { title: 'QUEUED', text: ({ queued }) => String(queued), align: 'right', optional: 1 },
  { title: 'WORKERS', text: ({ workers }) => String(workers), align: 'right', optional: 2 },
];

function summary(samples: readonly ProcessSample[], screen: Screen): string {
  const sum = (key: 'workers' | 'idle' | 'queued' | 'stuck' | 'abandoned'): number =>
    samples.reduce((total, { stats }) => total + (stats?.[key] ?? 0), 0);
  const oldest = Math.max(0, ...samples.map(({ stats }) => stats?.oldestQueuedMs ?? 0));
  const stuck = `${sum('stuck')} stuck`;
  // A narrow terminal has room for the first of these parts only, so those that matter most come first.
  const parts = [
    samples.length === 1
      ? `${printable(samples[0]?.name ?? '')} ${samples[0]?.pid}`
      : `${samples.length} processes`,
    stuck,
    `${sum('queued')} queued${oldest > 0 ? `, oldest ${ageText(oldest)}` : ''}`,
    `${sum('abandoned')} abandoned`,
    `${sum('workers')} workers, ${sum('idle')} idle`,
  ];
  const line = shorten(parts.join(' · '), screen.width);
  return sum('stuck') === 0 ? line : line.replace(` · ${stuck}`, ` · ${style(screen, 'red', stuck)}`);
}

const KEYS = 'q quit  s sort  / filter  ↑↓ select  i interrupt';

export function draw(
  samples: readonly ProcessSample[],
  before: readonly ProcessSample[],
  lines: readonly Line[],
  view: View,
  screen: Screen,
): string {
  const blocks = [summary(samples, screen)];
  const busy = ratesOfWorth(samples, before);
  if (busy.length > 0) blocks.push(table(RATES, busy, screen));
  const mounts = samples
    .flatMap((sample) => sample.mounts)
    .filter(({ workers, stuck, state }) => workers > 0 || stuck > 0 || state !== 'ok');
  if (mounts.length > 0) blocks.push(table(MOUNTS, mounts, screen));
  const used = blocks.reduce((rows, block) => rows + block.split('\n').length + 1, 0);
  const room = Math.max(3, screen.height - used - 3);
  const many = new Set(samples.map(({ pid }) => pid)).size > 1;
  const columns: Column<Line>[] = [
    {
      title: '',
      text: ({ key }) => (key === view.selected ? '>' : screen.isTerminal ? ' ' : ''),
      color: () => 'cyan',
    },
    ...(many ? [{ title: 'PID', text: ({ pid }: Line) => String(pid), align: 'right' as const }] : []),
    ...(OPS as Column<Line>[]),
  ];
  const at = Math.max(
    0,
    lines.findIndex(({ key }) => key === view.selected),
  );
  const from = Math.max(0, Math.min(at - room + 1, lines.length - room));
  const shown = lines.slice(from, from + room);
  blocks.push(shown.length === 0 ? wrap(nothingText(samples), screen.width) : table(columns, shown, screen));
  const filter =
    view.typing || view.filter !== '' ? `  filter: ${printable(view.filter)}${view.typing ? '_' : ''}` : '';
  const bottom = view.message !== '' ? printable(view.message) : `${KEYS}  (by ${view.sort})${filter}`;
  if (screen.isTerminal) blocks.push(style(screen, 'dim', shorten(bottom, screen.width)));
  return blocks.join('\n\n');
}

/** A process that may not be looked at, or that cannot run, is no process in which nothing waits. */
function nothingText(samples: readonly ProcessSample[]): string {
  const hidden = samples.filter(({ refused, stats }) => refused && stats === undefined).length;
  const halted = samples.filter(({ halted }) => halted).length;
  const parts = [
    ...(hidden > 0 ? [`${hidden} may not be looked at (\`ps <pid>\` says why)`] : []),
    ...(halted > 0 ? [`${halted} stopped`] : []),
  ];
  return parts.length === 0 ? 'Nothing waits.' : `Nothing that can be seen waits: ${parts.join(', ')}.`;
}

/** Functions without calls in that time are left out. */
function ratesOfWorth(samples: readonly ProcessSample[], before: readonly ProcessSample[]): Rate[] {
  return ratesOf(samples, before)
    .filter(({ perSecond, ended }) => perSecond > 0 || ended > 0)
    .slice(0, 8);
}
