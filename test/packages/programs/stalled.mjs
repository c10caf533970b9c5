// Under the hook: has a package work on a mount until it is told on stdin to free it, and says what became of it.
//   node --require pendingop/register stalled.mjs <name> <folder on the mount> <folder elsewhere>
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { copy } from 'fs-extra/esm';
import { glob } from 'glob';
import { rimraf } from 'rimraf';
import * as tar from 'tar';

const { interruptUnder, listPending } = createRequire(import.meta.url)('../../../dist/index.js');
const [, , name, mount, elsewhere] = process.argv;

const work = {
  'fs-extra': () => copy(join(mount, 'tree'), join(elsewhere, 'copy')),
  glob: () => glob('**/*', { cwd: mount, stat: true }),
  rimraf: () => rimraf(join(mount, 'tree')),
  tar: () => tar.create({ file: join(elsewhere, 'a.tar'), cwd: mount }, ['tree']),
};

const told = once(process.stdin, 'data');
const result = work[name]().then(
  () => ['resolved'],
  (error) => ['rejected', error.code],
);
await told;
interruptUnder(mount);
console.log(JSON.stringify([...(await result), listPending({ under: mount }).length]));
process.stdin.destroy();
