// Other versions of Node, from npm, for the tests. `node scripts/nodes.mjs 26` installs Node 26 and prints its path.
// `PENDINGOP_NODE=26 npm test -- test/compare` runs those tests under it. scripts/pinned/nodes has the version of each.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePinned } from './pinned.mjs';
import { Failure, isProgram, main, root } from './tools.mjs';

const { dependencies } = JSON.parse(readFileSync(join(root, 'scripts/pinned/nodes/package.json'), 'utf8'));

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
  return join(await ensurePinned('nodes'), `node-${major}`, 'bin/node');
}

if (isProgram(import.meta.url)) {
  await main(async () => {
    const wanted = process.argv.slice(2);
    for (const major of wanted.length > 0 ? wanted : majors) console.log(await nodePath(major));
  });
}
