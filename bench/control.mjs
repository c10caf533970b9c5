// How long a process takes to answer on its control socket, whatever its event loop does. The client is this process.
// If another program wants its processor, the client waits for that, too, and the figure includes that wait.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ControlClient } from '../dist/cli/control/client.js';
import { absoluteAtMost, judged, median } from './compare.mjs';
import { needProc } from './proc.mjs';
import { NotComparable } from './subject.mjs';

const program = fileURLToPath(new URL('control-program.mjs', import.meta.url));
/** ms between two requests. */
const pause = 10;

/** @type {{ name: string, state: string, calls: number, before?: string[], beside?: number }[]} */
const conditions = [
  { name: 'an idle loop', state: 'idle', calls: 10 },
  { name: 'a busy loop', state: 'busy', calls: 10 },
  { name: 'a loop in a synchronous call', state: 'call', calls: 10 },
  { name: 'a loop that a debugger holds', state: 'debugger', calls: 10 },
  { name: 'a busy loop, 10,000 calls', state: 'busy', calls: 10_000 },
  {
    name: 'a busy loop, on one processor with two others',
    state: 'busy',
    calls: 10,
    before: ['taskset', '-c', '0'],
    beside: 2,
  },
];

/**
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function measureControl(settings) {
  if (settings.ours === 'node') throw new NotComparable('node:fs has no control socket');
  needProc();
  const rows = [];
  for (const [index, condition] of conditions.entries()) {
    const folder = join(settings.folder, `control-${index}`);
    mkdirSync(folder);
    rows.push(rowOf(condition.name, await measure(condition, folder, settings.quick ? 100 : 500)));
  }
  return rows;
}

/** @returns {Promise<number[]>} ms of each answer */
async function measure({ state, calls, before = [], beside = 0 }, folder, times) {
  // taskset executes the program, so its process is the program's.
  const [file, ...first] = [...before, process.execPath];
  const others = Array.from({ length: beside }, () =>
    spawn(file, [...first, '-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  const child = spawn(file, [...first, program, state, String(calls), folder], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    await once(child.stdout, 'data');
    const client = await ControlClient.connect(child.pid);
    if (client === undefined) throw new Error(`no control socket of process ${child.pid}`);
    const answers = [];
    for (let i = -10; i < times; i++) {
      const begin = performance.now();
      const { ops = [] } = await client.ask('list');
      const ms = performance.now() - begin;
      if (ops.length < calls) throw new Error(`${ops.length} of ${calls} calls listed`);
      if (i >= 0) answers.push(ms);
      await setTimeout(pause);
    }
    client.close();
    return answers;
  } finally {
    for (const each of [child, ...others]) each.kill('SIGKILL');
  }
}

/** @param {string} name @param {number[]} times @returns {import('./compare.mjs').Row} */
function rowOf(name, times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const over = sorted.filter((ms) => ms > 50).length;
  const note = `median ${median(sorted).toFixed(1)}, 90 % ${at(0.9).toFixed(1)}, most ${at(1).toFixed(1)}; ${over} of ${sorted.length} over 50`;
  return judged({
    figure: `list over the control socket, 99 %: ${name}`,
    against: '',
    ours: at(0.99),
    theirs: null,
    unit: 'ms',
    ratio: null,
    target: absoluteAtMost(50),
    note,
  });
}
