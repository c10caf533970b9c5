// What /proc says about this process and its threads.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { NotComparable } from './subject.mjs';

const futex = process.arch === 'arm64' ? 98 : 202;

export function needProc() {
  if (process.platform !== 'linux') throw new NotComparable('needs /proc');
}

/**
 * Whether the kernel has the thread asleep in a system call that is no wait for work.
 * @param {number} threadId
 */
export function isBlocked(threadId) {
  const text = fs.readFileSync(`/proc/self/task/${threadId}/syscall`, 'latin1');
  const number = Number.parseInt(text, 10);
  return number >= 0 && number !== futex;
}

/** Resident bytes of this process. */
export function residentBytes() {
  return field('/proc/self/status', 'VmRSS');
}

/** Its share of them, pages used by several processes counted in part. */
export function proportionalBytes() {
  return field('/proc/self/smaps_rollup', 'Pss');
}

/** What the whole machine has left: shows what the kernel itself holds for a thread, too. */
export function availableBytes() {
  return field('/proc/meminfo', 'MemAvailable');
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

/** @param {string} path */
export function makeFifo(path) {
  execFileSync('mkfifo', [path]);
  return path;
}

/** Back to the event loop once, after whatever is ready there. */
export const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
