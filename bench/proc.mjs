// What /proc tells about this process and its threads.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { NotComparable } from './subject.mjs';

const futex = process.arch === 'arm64' ? 98 : 202;

export function needProc() {
  if (process.platform !== 'linux') throw new NotComparable('needs /proc');
}

/**
 * Returns whether the kernel has the thread asleep in a system call that is no wait for work.
 * @param {number} threadId
 */
export function isBlocked(threadId) {
  const text = fs.readFileSync(`/proc/self/task/${threadId}/syscall`, 'latin1');
  const number = Number.parseInt(text, 10);
  return number >= 0 && number !== futex;
}

/**
 * Does the same for a task, which is a process of its own.
 * @param {number} taskId
 */
export function isAsleep(taskId) {
  return /^State:\s+[SD]/m.test(fs.readFileSync(`/proc/${taskId}/status`, 'latin1'));
}

/** Resident bytes of this process. */
export function residentBytes() {
  return field('/proc/self/status', 'VmRSS');
}

/** This process's share of the memory: a page that several processes use counts in part. */
export function proportionalBytes() {
  return field('/proc/self/smaps_rollup', 'Pss');
}

/** What the whole machine has left. It also shows what the kernel itself holds for a thread. */
export function availableBytes() {
  return field('/proc/meminfo', 'MemAvailable');
}

/** The memory of the kernel's stacks, of the whole machine. */
export function kernelStackBytes() {
  return field('/proc/meminfo', 'KernelStack');
}

export function threadCount() {
  return field('/proc/self/status', 'Threads') / 1024;
}

/** @param {string} file @param {string} name */
function field(file, name) {
  const match = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(fs.readFileSync(file, 'latin1'));
  if (!match) throw new Error(`${file} has no ${name}`);
  return Number(match[1]) * 1024;
}

/** Nanoseconds that the main thread has run. */
export function threadTime() {
  const text = fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1');
  return Number.parseInt(text, 10);
}

/** @param {string} path */
export function makeFifo(path) {
  execFileSync('mkfifo', [path]);
  return path;
}

/** Resolves in the event loop's next turn, after everything that is ready there. */
export const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Starts to measure how much of the processors other processes take: the figures of a run beside them include them.
 * @returns {() => number} their share since then, 0 to 1; NaN if the platform does not tell
 */
export function watchOthers() {
  if (process.platform !== 'linux') return () => Number.NaN;
  const begin = ticks();
  return () => {
    const end = ticks();
    return Math.max(0, (end.busy - begin.busy - (end.own - begin.own)) / (end.all - begin.all));
  };
}

/** Clock ticks of the whole machine, and of this process with the children that it has reaped. */
function ticks() {
  const line = fs.readFileSync('/proc/stat', 'latin1').split('\n', 1)[0];
  // Behind "cpu" and two spaces. The last two of the ten fields are part of the first two.
  const [user, nice, system, idle, iowait, ...rest] = line.split(/ +/).slice(1, 9).map(Number);
  const busy = user + nice + system + rest.reduce((sum, value) => sum + value, 0);
  const stat = fs.readFileSync('/proc/self/stat', 'latin1');
  // Behind the name, which may contain any character: utime, stime, cutime and cstime are the fields 14 to 17.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0);
  return { busy, all: busy + idle + iowait, own };
}
