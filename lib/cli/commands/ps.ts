// ps: what processes wait for.
import { type Arguments, type Command, pidOf, type Report } from '../command';
import type { ControlOp } from '../control/client';
import { ExitCode } from '../failure';
import { roleText } from '../process/roles';
import { interesting, noProcess, type Seen, see, viewJson } from '../process/view';
import type { Wait } from '../process/waits';
import { type Screen, style, wrap } from '../screen/style';
import { type Column, table } from '../screen/table';
import { ageText, countText } from '../screen/units';

const stuckColor = (ms: number | undefined): 'red' | 'yellow' | undefined => {
  if (ms === undefined || ms < 1000) return undefined;
  return ms >= 5000 ? 'red' : 'yellow';
};

/** Returns the ms of the oldest wait or running op. */
function oldestOf({ view, control }: Seen): number | undefined {
  const ages = [...view.waits.map(({ thread }) => thread.waitedMs ?? 0), ...(control?.ops ?? []).map(ageOf)];
  return ages.length === 0 ? undefined : Math.max(...ages);
}

export const ageOf = (op: ControlOp): number => (op.state === 'queued' ? op.queuedMs : op.runningMs);

const PROCESSES: Column<Seen>[] = [
  { title: 'PID', text: ({ view }) => String(view.pid), align: 'right' },
  { title: 'NAME', text: ({ view }) => view.name, least: 6, optional: 1 },
  {
    title: 'WAITING',
    text: ({ view, control }) => countText(waitingIn(view.waits, control?.ops)),
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
  { title: 'LISTED', text: ({ control }) => (control === undefined ? '' : 'yes'), optional: 2 },
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
  { title: 'MOUNT', text: ({ mount }) => mount, least: 6, cut: 'start', optional: 4 },
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

const WAITS: Column<Wait>[] = [
  {
    title: 'WAITS',
    text: ({ thread }) => (thread.waitedMs === undefined ? '?' : ageText(thread.waitedMs)),
    align: 'right',
    color: ({ thread }) => stuckColor(thread.waitedMs),
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
  { title: 'MOUNT', text: ({ mount }) => mount?.mountPoint ?? '', least: 6, cut: 'start', optional: 4 },
  { title: 'TYPE', text: ({ mount }) => mount?.type ?? '', optional: 5 },
  { title: 'IN KERNEL', text: ({ thread }) => thread.wchan, least: 8, optional: 6 },
];

function fileOf({ file, dest, fd }: Wait): string {
  const first = file ?? (fd === undefined ? '' : `descriptor ${fd}`);
  return dest === undefined ? first : `${first} → ${dest}`;
}

/** Says why more cannot be seen, and what would help. */
export function refusedText(pid: number, code: string): string {
  if (code === 'ENOENT')
    return 'This kernel does not tell which call a thread is in (CONFIG_HAVE_ARCH_TRACEHOOK).';
  if (process.geteuid?.() === 0)
    return `Which calls the threads of ${pid} are in may not be read (${code}): in a container it takes SYS_PTRACE.`;
  return `Which calls the threads of ${pid} are in may only be read by root here (${code}): run the command with sudo, or set kernel.yama.ptrace_scope to 0.`;
}

export function verdictText(seen: Seen, screen: Screen): string[] {
  const lines: string[] = [];
  for (const { text, advice, ms } of seen.verdicts) {
    lines.push(style(screen, stuckColor(ms) ?? 'bold', wrap(text, screen.width)));
    for (const line of advice) lines.push(wrap(`  ${line}`, screen.width, '    '));
  }
  return lines;
}

function oneText(seen: Seen, screen: Screen, all: boolean): string {
  const { view, control, verdicts } = seen;
  const blocks: string[] = [];
  const count = `${view.threads.length} thread${view.threads.length === 1 ? '' : 's'}`;
  const listed = control === undefined ? '' : `, ${(control.ops ?? []).length} calls listed`;
  blocks.push(`${style(screen, 'bold', `${view.name} ${view.pid}`)}: ${count}${listed}`);
  if (verdicts.length > 0) blocks.push(verdictText(seen, screen).join('\n'));
  else if (view.refused === undefined) blocks.push('No thread waits for a file or a mount.');
  const ops = [...(control?.ops ?? [])].sort((a, b) => ageOf(b) - ageOf(a));
  if (ops.length > 0) blocks.push(table(OPS, all ? ops : ops.slice(0, MOST), screen));
  if (!all && ops.length > MOST) blocks.push(`… and ${countText(ops.length - MOST)} more: --all shows them`);
  const inOps = new Set(ops.map(({ thread }) => thread));
  const waits = view.waits.filter(({ thread }) => !inOps.has(thread.tid));
  if (waits.length > 0) blocks.push(table(WAITS, waits, screen));
  if (all) {
    const idle = view.threads.filter(({ tid }) => !view.waits.some(({ thread }) => thread.tid === tid));
    const rows = idle.map((thread): Wait => {
      const role = view.roles.get(thread.tid) ?? 'thread';
      return {
        thread,
        role,
        file: undefined,
        dest: undefined,
        fd: undefined,
        mount: undefined,
        mountGuessed: false,
      };
    });
    if (rows.length > 0) blocks.push(table(WAITS, rows, screen));
  }
  if (view.refused !== undefined && view.waits.length === 0)
    blocks.push(wrap(refusedText(view.pid, view.refused), screen.width));
  if (control === undefined && view.threads.some(({ name }) => name.startsWith('pendingop')))
    blocks.push(
      wrap(`It uses pendingop: started with PENDINGOP_CONTROL=1 it would list its calls here.`, screen.width),
    );
  return blocks.join('\n\n');
}

/** The number of rows that a person reads. `--all` prints the rest. */
const MOST = 200;

const hangs = (seen: readonly Seen[]): number =>
  seen.some((one) => (oldestOf(one) ?? 0) >= 1000) ? ExitCode.hangs : ExitCode.fine;

async function all({ all: everything }: Arguments): Promise<Report> {
  const seen = (await Promise.all(interesting().map((pid) => see(pid)))).flatMap((one) => one ?? []);
  seen.sort((a, b) => (oldestOf(b) ?? -1) - (oldestOf(a) ?? -1));
  const text = (screen: Screen): string => {
    if (seen.length === 0)
      return 'No process of Node’s that you may look at. `pendingop ps <pid>` looks at any process.';
    const blocks = [table(PROCESSES, seen, screen)];
    for (const one of seen.filter(({ verdicts }) => everything || verdicts.length > 0)) {
      if (one.verdicts.length > 0)
        blocks.push(
          [`${style(screen, 'bold', `${one.view.name} ${one.view.pid}`)}`, ...verdictText(one, screen)].join(
            '\n',
          ),
        );
    }
    return blocks.join('\n\n');
  };
  return { json: seen.map(viewJson), text, code: hangs(seen) };
}

export const ps: Command = {
  name: 'ps',
  words: '[pid]',
  summary: 'what processes wait for in the kernel, and on which mount',
  details: `Without a pid: the processes of Node's that you may look at, the longest wait first, and a sentence for each place
that something waits on. With one: its threads that wait, in which call, on which file and mount, for how long; the
process need not know of pendingop, nor be one of Node's. Where it was started with PENDINGOP_CONTROL=1, its calls
are listed too, those that no thread has yet included. Exit status 1: something has waited for a second or longer.`,
  options: ['json', 'watch', 'all'],
  least: 0,
  most: 1,
  async run(args) {
    const [word] = args.words;
    if (word === undefined) return all(args);
    const pid = pidOf(word);
    const seen = await see(pid);
    if (seen === undefined) throw noProcess(pid);
    return { json: viewJson(seen), text: (screen) => oneText(seen, screen, args.all), code: hangs([seen]) };
  },
};
