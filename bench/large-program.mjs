// One side of the case `large`: large-program.mjs FOLDER MIB WHAT IN-FLIGHT [MODULE]. Reads or writes MIB mebibytes, one
// at a time, through fs.promises or MODULE. Prints as JSON how long each took, elapsed and of the processors, in µs, and
// the most memory that the process had, in MB.

import fs from 'node:fs';
import { join } from 'node:path';

const [folder, mib, what, inFlight, module = 'node:fs/promises'] = process.argv.slice(2);
const fsp = await import(module);
const piece = 1 << 20;
const total = Number(mib);
const path = join(folder, `large-${process.pid}`);
fs.writeFileSync(path, Buffer.alloc(piece, 'l'));
const handle = await fsp.open(path, 'r+');
const buffers = Array.from({ length: Number(inFlight) }, () => Buffer.alloc(piece, 'm'));

/** @type {Record<string, (loop: number) => Promise<unknown>>} */
const operations = {
  'handle.read': (loop) => handle.read(buffers[loop], 0, piece, 0),
  'handle.write': (loop) => handle.write(buffers[loop], 0, piece, 0),
  readFile: () => fsp.readFile(path),
  writeFile: (loop) => fsp.writeFile(`${path}-${loop}`, buffers[loop]),
};
const operation = operations[what];

/** @param {number} count */
async function run(count) {
  let next = 0;
  await Promise.all(
    buffers.map(async (_, loop) => {
      while (next++ < count) await operation(loop);
    }),
  );
}

await run(32);
const used = process.cpuUsage();
const begin = performance.now();
await run(total);
const elapsed = (performance.now() - begin) * 1000;
const { user, system } = process.cpuUsage(used);
await handle.close();
for (const name of fs.readdirSync(folder)) {
  if (name.startsWith(`large-${process.pid}`)) fs.unlinkSync(join(folder, name));
}
console.log(
  JSON.stringify([elapsed / total, (user + system) / total, process.resourceUsage().maxRSS / 1024]),
);
process.exit();
