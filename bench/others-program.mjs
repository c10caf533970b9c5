// One side of the case `others`, in any runtime: others-program.mjs FOLDER SLICE-MS [MODULE]. Makes the same calls
// through fs.promises of the runtime, or of MODULE, and prints how long a call takes, in µs, as JSON.

import fs from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const [folder, slice, module = 'node:fs/promises'] = process.argv.slice(2);
const fsp = await import(module);
const sliceMs = Number(slice);
const paths = Array.from({ length: 64 }, (_, i) => join(folder, `file-${i}`));
for (const path of paths) fs.writeFileSync(path, new Uint8Array(4096));
const directory = join(folder, 'directory');
fs.mkdirSync(directory, { recursive: true });
for (let i = 0; i < 100; i++) fs.writeFileSync(join(directory, `entry-${i}`), '');
const content = new Uint8Array(4096);
const handle = await fsp.open(paths[0]);

/** @type {Record<string, (loop: number) => Promise<unknown>>} */
const operations = {
  stat: (loop) => fsp.stat(paths[loop]),
  'open+close': async (loop) => (await fsp.open(paths[loop])).close(),
  'readFile 4 KiB': (loop) => fsp.readFile(paths[loop]),
  'writeFile 4 KiB': (loop) => fsp.writeFile(join(folder, `written-${loop}`), content),
  'handle.read 4 KiB': () => handle.read(new Uint8Array(4096), 0, 4096, 0),
  'readdir 100 entries': () => fsp.readdir(directory),
};

/** @param {(loop: number) => Promise<unknown>} operation @param {number} inFlight */
async function timeOf(operation, inFlight) {
  let calls = 0;
  const begin = performance.now();
  let now = begin;
  await Promise.all(
    Array.from({ length: inFlight }, async (_, loop) => {
      while (now - begin < sliceMs) {
        await operation(loop);
        if ((++calls & 7) === 0) now = performance.now();
      }
    }),
  );
  return ((performance.now() - begin) * 1000) / calls;
}

/** @type {Record<string, number>} */
const times = {};
for (const [name, operation] of Object.entries(operations)) {
  for (const inFlight of [1, 64]) {
    await timeOf(operation, inFlight); // until its code is compiled
    times[`${name}, ${inFlight} in flight`] = await timeOf(operation, inFlight);
  }
}
await handle.close();
console.log(JSON.stringify(times));
process.exit();
