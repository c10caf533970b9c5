// The same calls under the conditions that programs run in: beside other work, on one processor, with a quota. A
// program is started many times, since what a scheduler does in one start says little about the next. The worst decile
// is shown beside the median.

import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atLeast, judged, median } from './compare.mjs';
import { NotComparable } from './subject.mjs';

/** @typedef {import('./condition-program.mjs').Sample} Sample */
/** @typedef {import('./compare.mjs').Row} Row */
/** @typedef {{ name: string, loops?: number, pinned?: boolean, quota?: number, fuse?: boolean }} Condition */

const program = fileURLToPath(new URL('condition-program.mjs', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
const periodUs = 100_000;

/** Mounts a FUSE file system whose daemon never answers at an empty folder, which nobody then asks. */
const withFuse = `mkdir -p "$0/fuse" && exec 9<>/dev/fuse &&
  mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none "$0/fuse" && exec "$@"`;

/** @type {Condition[]} */
const conditions = [
  { name: 'nothing beside it' },
  { name: 'a FUSE mount in the system', fuse: true },
  { name: 'one busy loop beside it', loops: 1 },
  { name: 'two busy loops beside it', loops: 2 },
  { name: 'one processor', pinned: true },
  { name: 'quota of half a processor', quota: 0.5 },
  { name: 'quota of one processor', quota: 1 },
];

/** @param {import('./args.mjs').Settings} settings @returns {Promise<Row[]>} */
export async function compareConditions(settings) {
  if (process.platform !== 'linux') throw new NotComparable('conditions are made with taskset and cgroups');
  if (settings.ours === 'node') throw new NotComparable('the program compares by itself');
  const starts = settings.quick ? 2 : 10;
  /** @type {Row[]} */
  const rows = [];
  for (const condition of conditions) {
    const group = condition.quota === undefined ? undefined : makeGroup(condition.quota);
    // Without a writable cgroup there is no quota, and nothing else comes near one.
    if (condition.quota !== undefined && group === undefined) continue;
    if (condition.fuse && (process.getuid?.() !== 0 || !fs.existsSync('/dev/fuse'))) continue;
    const loops = Array.from({ length: condition.loops ?? 0 }, () =>
      spawn('nice', ['-n', '15', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' }),
    );
    try {
      /** @type {Sample[][]} */
      const all = [];
      for (let i = 0; i < starts; i++) all.push(await start(condition, group, settings));
      rows.push(...rowsOf(condition, all));
    } finally {
      for (const loop of loops) loop.kill('SIGKILL');
      if (group !== undefined) fs.rmdirSync(group.folder);
    }
  }
  return rows;
}

/** @param {Condition} condition @param {Group | undefined} group @param {import('./args.mjs').Settings} settings */
async function start(condition, group, settings) {
  const command = [process.execPath, program, settings.folder, settings.quick ? '10' : '15'];
  if (condition.fuse) command.unshift('unshare', '-m', 'sh', '-c', withFuse, settings.folder);
  if (condition.pinned) command.unshift('taskset', '-c', '0');
  if (group !== undefined)
    command.unshift('sh', '-c', 'echo $$ >"$0" && exec "$@"', join(group.folder, 'cgroup.procs'));
  const { stdout } = await promisify(execFile)(command[0], command.slice(1), { cwd: root });
  return /** @type {Sample[]} */ (JSON.parse(stdout));
}

/** @typedef {{ folder: string }} Group */

/** Makes a cgroup with a quota, of either version; undefined: that is not possible here. @param {number} processors */
function makeGroup(processors) {
  const quota = String(processors * periodUs);
  for (const [parent, file, text] of [
    ['/sys/fs/cgroup/cpu', 'cpu.cfs_quota_us', quota],
    ['/sys/fs/cgroup', 'cpu.max', `${quota} ${periodUs}`],
  ]) {
    const folder = join(parent, `pendingop-bench-${process.pid}`);
    try {
      fs.mkdirSync(folder);
    } catch {
      continue;
    }
    try {
      fs.writeFileSync(join(folder, file), text);
      return { folder };
    } catch {
      fs.rmdirSync(folder);
    }
  }
  return undefined;
}

/** @param {Condition} condition @param {Sample[][]} all  by start @returns {Row[]} */
function rowsOf({ name }, all) {
  return all[0].flatMap(({ figure, against }, at) =>
    ['elapsed', 'processor time'].map((what, which) => {
      const ours = all.map((samples) => samples[at].ours[which]);
      const theirs = all.map((samples) => samples[at].theirs[which]);
      const ratios = ours.map((value, i) => theirs[i] / value).sort((a, b) => a - b);
      return judged({
        figure: `${name}: ${figure}, ${what} (min: worst decile of ${all.length} starts)`,
        against,
        ours: median(ours),
        theirs: median(theirs),
        unit: 'µs',
        ratio: {
          median: median(ratios),
          min: ratios[Math.floor((ratios.length - 1) * 0.1)],
          max: ratios[ratios.length - 1],
        },
        target: atLeast(1),
        note: `load ${os.loadavg()[0].toFixed(1)}`,
      });
    }),
  );
}
