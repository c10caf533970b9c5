// Runtimes other than Node, from npm, for the tests. `node scripts/runtimes.mjs bun` installs Bun and prints its path.
// scripts/pinned/runtimes has the version of each.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePinned } from './pinned.mjs';
import { Failure, isProgram, main } from './tools.mjs';

const programs = { bun: '@oven/bun-linux-x64/bin/bun', deno: '@deno/linux-x64-glibc/deno' };

/** Returns the path of a runtime's program. */
export async function runtimePath(name) {
  const program = programs[name];
  if (program === undefined)
    throw new Failure(
      `No runtime is called ${name}: scripts/pinned/runtimes has ${Object.keys(programs).join(' and ')}`,
    );
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Failure(`scripts/pinned/runtimes has ${name} for Linux on x64 only`);
  const path = join(await ensurePinned('runtimes'), program);
  chmodSync(path, 0o755);
  return path;
}

if (isProgram(import.meta.url)) {
  await main(async () => {
    const wanted = process.argv.slice(2);
    for (const name of wanted.length > 0 ? wanted : Object.keys(programs))
      console.log(await runtimePath(name));
  });
}
