// One start of the case `counters`: node counters-program.mjs FOLDER SLICE-MS. Prints, for each operation, the µs of
// processor time (user and system, of all threads) of a call.
import fs from 'node:fs';
import { join } from 'node:path';
import { configure } from 'pendingop';
import * as fsp from 'pendingop/fs/promises';

const [folder, slice] = process.argv.slice(2);
const path = join(folder, 'file');
fs.writeFileSync(path, 'content');
const handle = await fsp.open(path);
const buffer = Buffer.alloc(64);

/** @type {[string, boolean, number, () => Promise<unknown>][]} */
const operations = [
  ['stat, answered without a worker', true, 64, () => fsp.stat(path)],
  ['stat by a worker, 64 in flight', false, 64, () => fsp.stat(path)],
  ['handle.read by a worker, 64 in flight', false, 64, () => handle.read(buffer, 0, 7, 0)],
  ['access by a worker, one at a time', false, 1, () => fsp.access(path)],
];
/** @type {Record<string, number>} */
const found = {};
for (const [name, inline, inFlight, operation] of operations) {
  configure({ inline });
  // The first slice compiles the code.
  for (const ms of [Number(slice) / 2, Number(slice)]) {
    let calls = 0;
    const used = process.cpuUsage();
    const end = performance.now() + ms;
    const loop = async () => {
      while (performance.now() < end) {
        await operation();
        calls++;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, loop));
    const { user, system } = process.cpuUsage(used);
    found[name] = (user + system) / calls;
  }
}
console.log(JSON.stringify(found));
process.exit();
