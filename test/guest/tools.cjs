// What the programs in the guest share: results, bounded waits, mounts.sh, and what /proc says of processes.
'use strict';
const fs = require('node:fs');

/** ms: how long anything may take that is to happen at once. Emulation is slow, and a server slow to come back. */
const LIMIT = 150_000;

/** One line for the host: a JSON object. */
const say = (what) => fs.writeSync(1, `${JSON.stringify(what)}\n`);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The first truthy value of `condition`; after `ms`, an error that says what did not come about. */
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

/** `promise`, or an error after `ms`. */
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

/** One test. It is named before it begins, so that one which hangs is known. Its value goes to the host beside the result. */
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
 * A command of mounts.sh, or one with its arguments, by the driver. Not by a process that has a dirty file open on a stalled mount: what it forks
 * closes that file when it begins its program, which flushes it, and libuv waits for it to begin.
 */
async function mounts(command) {
  const done = new Promise((resolve) => process.once('message', resolve));
  process.send({ mounts: command });
  const failed = await within(done, command);
  check(!failed, failed);
}

/** Every process: its number, parent, group, name and state. Zombies have none of a command left, but their name. */
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
      // It has ended.
    }
  }
  return found;
}

/** The processes below this one. */
function descendants() {
  const all = processes();
  const below = new Set([process.pid]);
  for (let size = 0; size !== below.size; ) {
    size = below.size;
    for (const { pid, parent } of all) if (below.has(parent)) below.add(pid);
  }
  return all.filter(({ pid }) => pid !== process.pid && below.has(pid));
}

/** What this process has open, without touching it. */
function descriptors() {
  const targets = [];
  for (const fd of fs.readdirSync('/proc/self/fd')) {
    try {
      targets.push(fs.readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      // It was the listing's own.
    }
  }
  return targets.sort();
}

module.exports = {
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
