// rights.cjs DIST PLACE: a program that does what each line of its input says, and answers it with what came of it.
// PLACE: a folder with `secret`, which only root may read.
'use strict';
const { openSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const [dist, place] = process.argv.slice(2);
// As they are before the package knows of them.
const { setgid, setgroups, setuid } = process;
const { configure, interrupt, listPending, lookup, trackPending } = require(dist);
const { copyFile, access, open, readFile, stat, writeFile } = require(`${dist}/fs/promises`);

const NOBODY = 65534;
const secret = join(place, 'secret');
const code = (promise) =>
  promise.then(
    (value) => value ?? 'done',
    (error) => error.code,
  );
const turn = () => new Promise((resolve) => setImmediate(resolve));
process.on('warning', ({ name, code }) => console.log(`warning ${name} ${code}`));

/** What they give, each with how often. */
function counted(results) {
  const counts = new Map();
  for (const result of results) counts.set(result, (counts.get(result) ?? 0) + 1);
  return [...counts].map(([result, count]) => `${result}*${count}`).join(' ');
}

const many = (n, path = secret) => Array.from({ length: Number(n) }, () => code(readFile(path, 'utf8')));
let earlier = [];

/** What says in /proc/…/status what a process may do. */
const RIGHTS = /^(?:Uid|Gid|Groups|Cap\w+|NoNewPrivs|Seccomp|Seccomp_filters):.*$/gm;
function statusOf(id) {
  try {
    return readFileSync(`/proc/${id}/status`, 'latin1');
  } catch {
    return ''; // It has just gone.
  }
}

/** The children of this process, tasks among them, that may do something else than it may: their names and states. */
function others() {
  const found = [];
  const own = statusOf('self').match(RIGHTS).join();
  for (const thread of readdirSync('/proc/self/task')) {
    for (const id of readFileSync(`/proc/self/task/${thread}/children`, 'latin1')
      .split(' ')
      .filter(Boolean)) {
      const status = statusOf(id);
      const [, state] = /^State:\s*(.)/m.exec(status) ?? [];
      if (state === undefined || state === 'Z' || status.match(RIGHTS).join() === own) continue;
      found.push(`${/^Name:\s*(.*)$/m.exec(status)[1]} ${state}`);
    }
  }
  return found.sort().join() || 'none';
}

/** Before anybody else gets to run. */
function after(change) {
  change();
  return others();
}

const steps = {
  always: () => configure({ killable: 'always' }),
  track: () => trackPending(true),
  grace: (ms) => configure({ grace: Number(ms) }),
  read: async (n = 1, path) => counted(await Promise.all(many(n, path))),
  /** All rights, and calls right after, while the workers are at it. */
  async drop(how, n) {
    await Promise.all(many(n));
    if (how === 'unseen') steps.unseen();
    else
      for (const change of [
        () => process.setgroups([]),
        () => process.setgid(NOBODY),
        () => process.setuid(NOBODY),
      ])
        change();
    return counted(await Promise.all(many(n)));
  },
  /** Calls that are under way during the next steps. */
  async begin(n = 1, path) {
    earlier.push(...many(n, path));
    await turn();
  },
  async stuck(path, how = 'stat') {
    const known = new Set(listPending().map(({ id }) => id));
    const copies = (path) => copyFile(path, `${path}-copy`);
    const made = { stat, open, readFile, writeFile: (path) => writeFile(path, 'content'), copyFile: copies }[
      how
    ](path);
    earlier.push(
      made.then(
        () => 'done',
        // A cause would say that somebody has interrupted it.
        (error) => error.cause?.code ?? error.outcome ?? error.code,
      ),
    );
    // In the hands of the task that asks the file system.
    const task = how === 'stat' || how === 'copyFile' ? 'pendingop-call' : 'pendingop-open';
    const isAsked = ({ id, state, threadId }) =>
      !known.has(id) && state === 'running' && statusOf(threadId).includes(`Name:\t${task}\n`);
    while (!listPending().some(isAsked)) await new Promise((resolve) => setTimeout(resolve, 1));
  },
  /** Has a file open from now on, by a descriptor below those of the package if it has made no call yet. */
  keep: (path) => void openSync(path),
  async earlier() {
    const results = await Promise.all(earlier);
    earlier = [];
    return counted(results);
  },
  pending: () =>
    listPending()
      .map(({ state }) => state)
      .join(' ') || 'none',
  async interrupt() {
    const reports = await interrupt(listPending(), { grace: 200 });
    return reports.map(({ outcome }) => outcome).join(' ');
  },
  lookup: () => new Promise((resolve) => lookup('localhost', (error, address) => resolve(error ?? address))),
  setuid: () => after(() => process.setuid(NOBODY)),
  seteuid: (id = NOBODY) => after(() => process.seteuid(Number(id))),
  setgid: () => after(() => process.setgid(NOBODY)),
  setegid: (id = NOBODY) => after(() => process.setegid(Number(id))),
  setgroups: (...ids) => after(() => process.setgroups(ids.map(Number))),
  initgroups: () => after(() => process.initgroups('nobody', NOBODY)),
  others,
  /** By functions that the package never saw. */
  unseen(what) {
    setgroups([NOBODY]);
    if (what === 'groups') return;
    setgid(NOBODY);
    setuid(NOBODY);
  },
  wrong() {
    try {
      process.setuid({});
    } catch (error) {
      return error.code;
    }
  },
  access: () => code(access(secret, 4)),
  looksTheSame: () => process.setuid.name === setuid.name && process.setuid.length === setuid.length,
  raw: () => void process.kill(process.pid, 'SIGUSR2'),
  turn,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, Number(ms))),
  ids: () => [process.getuid(), process.geteuid(), process.getgid(), process.getegid()].join(' '),
  exit: () => process.exit(0),
};

async function main() {
  console.log('ready');
  let rest = '';
  for await (const data of process.stdin) {
    rest += data;
    while (rest.includes('\n')) {
      const end = rest.indexOf('\n');
      const [step, ...args] = rest.slice(0, end).split(' ');
      rest = rest.slice(end + 1);
      const result = await steps[step](...args);
      console.log(`${step}: ${result ?? 'done'}`);
    }
  }
}

main();
