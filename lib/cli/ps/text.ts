// What `ps` prints for people.
import type { Seen } from '../process/view';
import { printable, type Screen, style, wrap } from '../screen/style';
import { table } from '../screen/table';
import { countText } from '../screen/units';
import { ageOf, OPS, PROCESSES, stuckColor, WAITS } from './tables';

/** Says why more cannot be seen, and what would help. */
function refusedText(pid: number, code: string): string {
  if (code === 'ENOENT')
    return 'This kernel does not tell which call a thread is in (CONFIG_HAVE_ARCH_TRACEHOOK).';
  if (process.geteuid?.() === 0)
    return `Which calls the threads of ${pid} are in may not be read (${code}): in a container it takes SYS_PTRACE.`;
  return `Which calls the threads of ${pid} are in may only be read by root here (${code}): run the command with sudo, or set kernel.yama.ptrace_scope to 0.`;
}

/** Returns the process's name, which may hold any character, and its id. */
const titleOf = ({ view }: Seen, screen: Screen): string =>
  style(screen, 'bold', `${printable(view.name)} ${view.pid}`);

function verdictText(seen: Seen, screen: Screen): string[] {
  const lines: string[] = [];
  for (const { text, advice, ms } of seen.verdicts) {
    lines.push(style(screen, stuckColor(ms) ?? 'bold', wrap(text, screen.width)));
    for (const line of advice) lines.push(wrap(`  ${line}`, screen.width, '    '));
  }
  return lines;
}

/** The number of rows that a person reads. `--all` prints the rest. */
const MOST = 200;

/** Returns what `ps` shows of one process. */
export function processText(seen: Seen, screen: Screen, all: boolean): string {
  const { view, verdicts } = seen;
  const blocks: string[] = [];
  const count = `${view.threads.length} thread${view.threads.length === 1 ? '' : 's'}`;
  const listed = seen.ops === undefined ? '' : `, ${seen.ops.length} calls listed`;
  blocks.push(`${titleOf(seen, screen)}: ${count}${listed}`);
  if (verdicts.length > 0) blocks.push(verdictText(seen, screen).join('\n'));
  else if (view.refused === undefined) blocks.push('No thread waits for a file or a mount.');
  const ops = [...(seen.ops ?? [])].sort((a, b) => ageOf(b) - ageOf(a));
  if (ops.length > 0) blocks.push(table(OPS, all ? ops : ops.slice(0, MOST), screen));
  if (!all && ops.length > MOST) blocks.push(`… and ${countText(ops.length - MOST)} more: --all shows them`);
  const inOps = new Set(ops.map(({ thread }) => thread));
  const waits = view.waits.filter(({ thread }) => !inOps.has(thread.tid));
  if (waits.length > 0) blocks.push(table(WAITS, waits, screen));
  if (all) {
    const waiting = new Set(view.waits.map(({ thread }) => thread.tid));
    const rows = view.threads
      .filter(({ tid }) => !waiting.has(tid))
      .map((thread) => ({ thread, role: view.roles.get(thread.tid) ?? 'thread' }));
    if (rows.length > 0) blocks.push(table(WAITS, rows, screen));
  }
  if (view.refused !== undefined && view.waits.length === 0 && view.condition.state !== 'ended')
    blocks.push(wrap(refusedText(view.pid, view.refused), screen.width));
  const usesUs = view.isNode && view.threads.some(({ name }) => name.startsWith('pendingop'));
  if (seen.ops === undefined && usesUs && view.condition.state === 'runs')
    blocks.push(
      wrap('It uses pendingop: started with PENDINGOP_CONTROL=1 it would list its calls here.', screen.width),
    );
  return blocks.join('\n\n');
}

/** Returns what `ps` shows of all processes together. */
export function processesText(all: readonly Seen[], screen: Screen): string {
  if (all.length === 0)
    return 'No process of Node’s that you may look at. `pendingop ps <pid>` looks at any process.';
  const blocks = [table(PROCESSES, all, screen)];
  for (const one of all) {
    if (one.verdicts.length > 0) blocks.push([titleOf(one, screen), ...verdictText(one, screen)].join('\n'));
  }
  const refused = all.find(({ view }) => view.refused !== undefined && view.waits.length === 0)?.view;
  if (refused?.refused !== undefined)
    blocks.push(wrap(refusedText(refused.pid, refused.refused), screen.width));
  return blocks.join('\n\n');
}
