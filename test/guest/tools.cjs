// What the programs in the guest share: results, waits with a limit, mounts.sh, and /proc.
'use strict';
const fs = require('node:fs');

/** By how much the limits of time are longer on this machine: a word of the kernel's command line. */
const PACE = Number(process.env.pace ?? 1);

/** ms that anything may take which should happen at once. Emulation is slow, and so is the return of a server. */
const LIMIT = 150_000 * PACE;

/** Prints one line for the host: a JSON object. */
const say = (what) => fs.writeSync(1, `${JSON.stringify(what)}\n`);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Resolves to the first truthy value of `condition`. After `ms` rejects with an error that says what did not happen.
 */
async function until(condition, what, ms = LIMIT) {
  const end = performance.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end)
      throw new Error(`after ${ms} ms still not: ${typeof what === 'function' ? what() : what}`);
    await pause(10);
  }
}

/** Settles as `promise` does, or rejects after `ms`. */
async function within(promise, what, ms = LIMIT) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`after ${ms} ms still not: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs one test. Its name is printed before it begins, so that one that hangs is known. Its value goes to the host with
 * the result.
 */
async function test(name, body) {
  say({ begin: name });
  const start = performance.now();
  try {
    const more = await body();
    say({ test: name, ok: true, ms: performance.now() - start, ...more });
  } catch (error) {
    say({ test: name, ok: false, ms: performance.now() - start, why: error.stack ?? String(error) });
  }
}

function check(condition, what) {
  if (!condition) throw new Error(what);
}

/**
 * Runs a command of mounts.sh, with its arguments, in the driver. A process with a dirty file on a stalled mount must
 * not run one: its child closes that file before it starts its program, the close flushes the file, and libuv waits for
 * the start.
 */
async function mounts(command) {
  const done = new Promise((resolve) => process.once('message', resolve));
  process.send({ mounts: command });
  const failed = await within(done, command);
  check(!failed, failed);
}

/**
 * Returns every process: its id, parent, group, name and state. A zombie has no command line left, but still a name.
 */
function processes() {
  const found = [];
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
      const end = stat.lastIndexOf(')');
      const [state, parent, group] = stat.slice(end + 2).split(' ');
      found.push({
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        state,
        name: stat.slice(stat.indexOf('(') + 1, end),
      });
    } catch {
      // The process has ended.
    }
  }
  return found;
}

/** Returns the descendants of this process. */
function descendants() {
  const all = processes();
  const below = new Set([process.pid]);
  for (let size = 0; size !== below.size; ) {
    size = below.size;
    for (const { pid, parent } of all) if (below.has(parent)) below.add(pid);
  }
  return all.filter(({ pid }) => pid !== process.pid && below.has(pid));
}

/** Returns what this process has open, without touching the files. */
function descriptors() {
  const targets = [];
  for (const fd of fs.readdirSync('/proc/self/fd')) {
    try {
      targets.push(fs.readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      // This was the descriptor of the listing itself.
    }
  }
  return targets.sort();
}

module.exports = {
  PACE,
  LIMIT,
  say,
  pause,
  until,
  within,
  test,
  check,
  mounts,
  processes,
  descendants,
  descriptors,
};
