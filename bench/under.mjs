// The conditions that programs run in: beside other work, beside a mount, on one processor, with a quota.

import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * @typedef {object} Condition
 * @property {string} name
 * @property {number} [loops]     so many busy loops beside it
 * @property {string} [nice]      their niceness
 * @property {boolean} [pinned]   to one processor
 * @property {number} [quota]     of processors, by a control group
 * @property {boolean} [fuse]     a FUSE file system is mounted, which the program does not touch
 */
/** @typedef {(command: string[]) => Promise<string>} Run  runs a program, and returns what it prints */

const root = fileURLToPath(new URL('..', import.meta.url));
const periodUs = 100_000;

/** @type {readonly Condition[]} */
export const conditions = [
  { name: 'nothing beside it' },
  { name: 'a FUSE mount in the system', fuse: true },
  { name: 'one busy loop of nice 15', loops: 1, nice: '15' },
  { name: 'two busy loops of nice 15', loops: 2, nice: '15' },
  { name: 'two busy loops of its own priority', loops: 2, nice: '0' },
  { name: 'one processor', pinned: true },
  { name: 'quota of half a processor', quota: 0.5 },
  { name: 'quota of one processor', quota: 1 },
];

/** Mounts a FUSE file system whose daemon never answers at an empty folder, which nobody then asks. */
const withFuse = `mkdir -p "$0/fuse" && exec 9<>/dev/fuse &&
  mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none "$0/fuse" && exec "$@"`;

/**
 * Calls `body` with a way to run programs under the condition. Returns undefined if this system cannot have it.
 * @template Result
 * @param {Condition} condition @param {string} folder @param {(run: Run) => Promise<Result>} body
 * @returns {Promise<Result | undefined>}
 */
export async function under(condition, folder, body) {
  const { loops = 0, nice = '0', pinned, quota, fuse } = condition;
  if (fuse && (process.getuid?.() !== 0 || !fs.existsSync('/dev/fuse'))) return undefined;
  const group = quota === undefined ? undefined : makeGroup(quota);
  // Without a writable cgroup there is no quota, and nothing else comes near one.
  if (quota !== undefined && group === undefined) return undefined;
  const busy = Array.from({ length: loops }, () =>
    spawn('nice', ['-n', nice, 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' }),
  );
  try {
    return await body(async (command) => {
      const whole = [...command];
      if (fuse) whole.unshift('unshare', '-m', 'sh', '-c', withFuse, folder);
      if (pinned) whole.unshift('taskset', '-c', '0');
      if (group !== undefined)
        whole.unshift('sh', '-c', 'echo $$ >"$0" && exec "$@"', join(group, 'cgroup.procs'));
      const { stdout } = await promisify(execFile)(whole[0], whole.slice(1), { cwd: root });
      return stdout;
    });
  } finally {
    for (const loop of busy) loop.kill('SIGKILL');
    if (group !== undefined) fs.rmdirSync(group);
  }
}

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
      return folder;
    } catch {
      fs.rmdirSync(folder);
    }
  }
  return undefined;
}
