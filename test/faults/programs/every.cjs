// every.cjs DIST FOLDER KILLABLE    calls each function once in an empty folder, and prints what came of it.
'use strict';
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');
const [dist, folder, killable] = process.argv.slice(2);
const { configure, lookup } = require(dist);
const f = require(join(dist, 'fs/promises'));
const { lock } = require(join(dist, 'lock'));
const { runCommand } = require(join(dist, 'command'));

configure({ killable });
const at = (name) => join(folder, name);

async function handle() {
  const file = await f.open(at('a'), 'r+');
  await file.write('hello');
  const { bytesRead } = await file.read(Buffer.alloc(9), 0, 9, 0);
  await file.sync();
  await file.chmod(0o600);
  await file.utimes(1, 1);
  await file.truncate(2);
  const { size } = await file.stat();
  await file.close();
  return [bytesRead, size];
}

async function listed() {
  const names = [];
  for await (const { name } of await f.opendir(folder)) names.push(name);
  return names.sort();
}

const steps = {
  writeFile: () => f.writeFile(at('a'), 'x'),
  readFile: () => f.readFile(at('a'), 'utf8'),
  stat: async () => (await f.stat(at('a'))).size,
  lstat: async () => (await f.lstat(at('a'))).size,
  access: () => f.access(at('a')),
  handle,
  mkdir: async () => (await f.mkdir(at('x/y'), { recursive: true })) === at('x'),
  readdir: async () => (await f.readdir(folder, { recursive: true })).sort(),
  rename: () => f.rename(at('a'), at('b')),
  link: () => f.link(at('b'), at('c')),
  symlink: () => f.symlink('b', at('s')),
  readlink: () => f.readlink(at('s')),
  realpath: async () => (await f.realpath(at('s'))) === (await f.realpath(at('b'))),
  chmod: () => f.chmod(at('b'), 0o644),
  lutimes: () => f.lutimes(at('s'), 1, 1),
  utimes: () => f.utimes(at('b'), 1, 1),
  copyFile: () => f.copyFile(at('b'), at('e')),
  cp: () => f.cp(at('x'), at('z'), { recursive: true }),
  statfs: async () => (await f.statfs(folder)).bsize > 0,
  opendir: listed,
  truncate: () => f.truncate(at('b'), 1),
  appendFile: () => f.appendFile(at('b'), 'zz'),
  lock: async () => (await lock(at('lock'))).release(),
  runCommand: async () => (await runCommand('echo', ['said'])).stdout,
  lookup: () =>
    new Promise((resolve, reject) => lookup('localhost', (e) => (e ? reject(e) : resolve('found')))),
  unlink: () => f.unlink(at('c')),
  blocked: async () => {
    execFileSync('mkfifo', [at('fifo')]);
    return f.open(at('fifo'), 'r', 0, { timeout: 50 }).catch(({ name }) => name);
  },
  rm: () => f.rm(folder, { recursive: true }),
};

async function main() {
  for (const [name, step] of Object.entries(steps))
    console.log(name, JSON.stringify(await step().catch(({ message }) => message)) ?? '');
}
main();
