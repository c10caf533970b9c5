// Calls of the package while one kind of system call fails, and afterwards. Prints what came of them as JSON.
//   node calls.cjs DIST FOLDER FAULTS CASE
const fs = require('node:fs');
const { join } = require('node:path');

const [dist, folder, faults, text] = process.argv.slice(2);
const { kind, errors, killable, only, without = [] } = JSON.parse(text);
const { configure, mounts } = require(dist);
const ours = require(`${dist}/fs`);
const { runCommand } = require(`${dist}/command`);
const { lock } = require(`${dist}/lock`);

configure({ killable, inline: false, grace: 1000 });

/** Until a fault is over a call may have to wait: for a worker, say. */
const WHILE_FAULTY = 100;
const NEVER = 20_000;
const ROUNDS = 8;

const shared = fs.openSync(faults, 'r+');
const field = (at) => {
  const bytes = Buffer.alloc(8);
  fs.readSync(shared, bytes, 0, 8, 8 * at);
  return Number(bytes.readBigInt64LE());
};
function set(error, skip, times) {
  const [from, to] = codeOf(only);
  const fields = [kind, error, skip, times, from, to, 0];
  const bytes = Buffer.alloc(8 * fields.length);
  for (const [i, value] of fields.entries()) bytes.writeBigInt64LE(BigInt(value), 8 * i);
  fs.writeSync(shared, bytes, 0, bytes.length, 0);
}

/** Where the code of a library lies; of none: anywhere. */
function codeOf(name) {
  if (name === undefined) return [0n, 2n ** 63n - 1n];
  const maps = fs.readFileSync('/proc/self/maps', 'latin1').split('\n');
  const line = maps.find((each) => each.includes(name) && each.split(' ')[1] === 'r-xp');
  return line
    .split(' ')[0]
    .split('-')
    .map((hex) => BigInt(`0x${hex}`));
}

const large = Buffer.alloc(1024 * 1024, 'large');
const at = (name) => join(folder, name);
fs.writeFileSync(at('file'), 'content');
fs.writeFileSync(at('large'), large);

/** They wait for as long as there is no worker: nothing ends a close, and a lock is released by one. */
const closes = [];

/** Each with what it has to come to where it succeeds. */
const calls = {
  stat: (limits) => ours.promises.stat(at('file'), limits).then(({ size }) => size === 7),
  open: async (limits) => {
    const handle = await ours.promises.open(at('file'), 'r', 0, limits);
    try {
      return (await handle.read(Buffer.alloc(7), 0, 7, 0, limits)).bytesRead === 7;
    } finally {
      closes.push(handle.close());
    }
  },
  readFile: (limits) => ours.promises.readFile(at('large'), limits).then((bytes) => bytes.equals(large)),
  writeFile: (limits) => ours.promises.writeFile(at('written'), large, limits).then(() => true),
  readdir: (limits) => ours.promises.readdir(folder, limits).then((names) => names.includes('file')),
  copyFile: (limits) => ours.promises.copyFile(at('file'), at('copy'), 0, limits).then(() => true),
  cp: (limits) => ours.promises.cp(at('file'), at('cp'), limits).then(() => true),
  realpath: (limits) => ours.promises.realpath(at('file'), limits).then((path) => path === at('file')),
  callback: (limits) =>
    new Promise((resolve, reject) =>
      ours.stat(at('file'), limits, (error, stats) => (error ? reject(error) : resolve(stats.size === 7))),
    ),
  sync: async () => ours.statSync(at('file'), { timeout: 1000 }).size === 7,
  lock: async (limits) => {
    const held = await lock(at('lock'), limits);
    closes.push(held.release());
    return true;
  },
  mounts: async () => mounts.list().length >= 0,
  health: (limits) => mounts.health({ paths: [folder], ...limits }).then(() => true),
  control: async () => {
    configure({ control: true });
    configure({ control: false });
    return true;
  },
  command: (limits) => runCommand('/bin/true', [], limits).then(() => true),
  watch: async (limits) => {
    const watcher = ours.watch(folder, limits);
    await new Promise((resolve, reject) => {
      watcher.once('error', reject);
      setTimeout(resolve, 20);
    }).finally(() => watcher.close());
    return true;
  },
};

async function settle(name, limits) {
  let timer;
  const never = new Promise((resolve) => {
    timer = setTimeout(resolve, NEVER, 'never');
  });
  const call = (async () => calls[name](limits))().then(
    (right) => (right ? 'right' : 'wrong'),
    (error) => `${error.name} ${error.code}`,
  );
  try {
    return await Promise.race([call, never]);
  } finally {
    clearTimeout(timer);
  }
}

const all = (limits) => Promise.all(names.map(async (name) => [name, await settle(name, limits)]));
const names = Object.keys(calls).filter((name) => !without.includes(name));

const found = new Map();
async function note(when, limits) {
  for (const [name, what] of await all(limits)) {
    const line = `${when}: ${name}: ${what}`;
    found.set(line, (found.get(line) ?? 0) + 1);
  }
}

const count = () => ({
  descriptors: fs.readdirSync('/proc/self/fd').length,
  threads: fs.readdirSync('/proc/self/task').length,
  maps: fs.readFileSync('/proc/self/maps', 'latin1').split('\n').length,
});

/** What is left once a watcher that was closed while it was being set up has given back its descriptors. */
async function countAfter(before) {
  for (const end = performance.now() + 5000; ; ) {
    const after = count();
    if (after.descriptors <= before.descriptors || performance.now() > end) return after;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * Unless tasks are always wanted, the first one is started when a call seems to hang, which on a busy machine may be at any
 * time. What the process has once for all tasks, a pair of sockets, is made here.
 */
async function startTask() {
  configure({ killable: 'always' });
  await ours.promises.stat(at('file'));
  configure({ killable });
}

(async () => {
  if (killable === 'auto') await startTask();
  let failed = 0;
  let before;
  // The first round meets what has to be had once.
  for (let round = 0; round < ROUNDS; round++) {
    const error = errors[round % errors.length];
    set(error, round < errors.length ? 0 : round % 4, round % 3 === 2 ? 1 : -1);
    await note('faulty', { timeout: WHILE_FAULTY });
    failed += field(6);
    set(0, 0, 0);
    await Promise.all(closes.splice(0));
    await note('after', { timeout: NEVER });
    await Promise.all(closes.splice(0));
    if (round === errors.length + 1) before = count();
  }
  const after = await countAfter(before);
  console.log(JSON.stringify({ failed, before, after, found: [...found.keys()] }));
  process.exit(0);
})();
