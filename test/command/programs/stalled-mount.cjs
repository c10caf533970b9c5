// stalled-mount.cjs DIST FOLDER HOW: opens files of FOLDER, or goes there, says `ready`, and at the next line of its input
// starts processes in every way, and prints what came of each.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const { join } = require('node:path');
const [dist, folder, how] = process.argv.slice(2);
const { configure, lookup } = require(dist);
const { runCommand } = require(join(dist, 'command'));
const { runIsolated } = require(join(dist, 'isolated'));

configure({ grace: 60_000, ...(how.includes('threads') ? { killable: 'never' } : {}) });
if (how.includes('read')) fs.readSync(fs.openSync(join(folder, 'file'), 'r'), Buffer.alloc(1));
if (how.includes('written')) fs.writeSync(fs.openSync(join(folder, 'written'), 'w'), 'x'.repeat(10_000));
if (how.includes('high')) {
  // Past the first 64, which every copy of a table begins with.
  const low = Array.from({ length: 100 }, () => fs.openSync('/dev/null'));
  fs.openSync(join(folder, 'file'), 'r');
  for (const fd of low) fs.closeSync(fd);
}
// None of them remote, and more than are looked at.
if (how.includes('many')) for (let i = 0; i < 1100; i++) fs.openSync('/dev/null');
if (how.includes('cwd')) process.chdir(folder);

const sh = (script, options) => runCommand('sh', ['-c', script, 'name'], { cwd: '/', ...options });
const descriptors = () => fs.readdirSync('/proc/self/fd').length;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The children of this process that have ended, and that nobody has waited for; not its tasks. */
function zombies() {
  const ids = fs
    .readdirSync('/proc/self/task')
    .flatMap((thread) => fs.readFileSync(`/proc/self/task/${thread}/children`, 'latin1').split(' '));
  return ids.filter(Boolean).filter((id) => {
    try {
      return /\((?:pendingop-launc|node|sh)\) Z /.test(fs.readFileSync(`/proc/${id}/stat`, 'latin1'));
    } catch {
      return false;
    }
  });
}

const ways = {
  command: async () => (await runCommand('echo', ['said'])).stdout.trim(),
  input: async () => {
    const env = { PATH: process.env.PATH, X: 'y' };
    const { stdout, exitCode } = await sh('cat; echo "$0 $X"; exit 3', { input: 'in ', env, reject: false });
    return `${stdout.trim()} ${exitCode}`;
  },
  signal: async () => (await sh('kill -PIPE $$', { reject: false })).signal,
  inherited: async () => (await sh('echo to you >&2', { stdio: ['ignore', 'pipe', 'inherit'] })).exitCode,
  group: async () => {
    const { stdout, pid } = await sh('cut -d " " -f 5,6 /proc/$$/stat');
    const [group, session] = stdout.trim().split(' ').map(Number);
    return group === pid && session !== pid && session !== process.pid;
  },
  missing: () =>
    runCommand('no-such-command', ['a']).catch(({ code, path, spawnargs }) => `${code} ${path} ${spawnargs}`),
  closed: () =>
    sh('true', { stdio: ['ignore', 2 ** 20, 'pipe'] }).catch(({ code, path }) => `${code} ${path}`),
  env: () => sh('true', { env: { A: 'a\0b' } }).catch(({ code }) => code),
  timeout: () => runCommand('sleep', ['100'], { timeout: 50, cwd: '/' }).catch((error) => error.name),
  lookup: () =>
    new Promise((resolve, reject) =>
      lookup('localhost', (error, address) =>
        error ? reject(error) : resolve(/^(?:127\.|::1)/.test(address)),
      ),
    ),
  // In one helper after the other call: what is left of each would be told as a leak, on standard error.
  isolated: async () => {
    for (let i = 0; i < 20; i++) await runIsolated(join(__dirname, 'double.cjs'), [i]);
    return runIsolated(join(__dirname, 'double.cjs'), [21]);
  },
  ended: () =>
    runIsolated(join(__dirname, 'double.cjs'), ['stuck'], { timeout: 200 }).catch((error) => error.outcome),
  exits: () =>
    runIsolated(join(__dirname, 'double.cjs'), ['exit']).catch(({ code, exitCode }) => `${code} ${exitCode}`),
  leaves: async () => {
    const before = descriptors();
    await Promise.all(Array.from({ length: 20 }, () => runCommand('true', [], { cwd: '/' })));
    while (descriptors() > before || zombies().length > 0) await turn();
    return 'nothing';
  },
  priority: async () => {
    os.setPriority(7);
    return (await sh('nice')).stdout.trim();
  },
};
if (how.includes('nobody'))
  ways.nobody = async () => {
    process.setgroups([]);
    process.setgid(65534);
    process.setuid(65534);
    return (await sh('id -u; id -g')).stdout.trim().replace('\n', ' ');
  };
console.log('ready');
process.stdin.once('data', async () => {
  for (const [name, way] of Object.entries(ways)) console.log(`${name}: ${await way().catch(String)}`);
  // Its descriptors are closed with it, and that waits.
  console.log('done');
});
