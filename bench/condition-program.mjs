// One start of the case `conditions`: node condition-program.mjs FOLDER SLICE-MS. Prints, for each operation and each
// number of calls in flight, how long a call took and how much processor time (user and system, of all threads), for
// this package and for fs.promises, interleaved; all in µs.

import fs from 'node:fs';
import nodeFsp from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { median } from './compare.mjs';

/** @typedef {{ figure: string, ours: [number, number], theirs: [number, number] }} Sample */

const [folder, slice] = process.argv.slice(2);
const ours = await import('pendingop/fs/promises');
const sliceMs = Number(slice);
const rounds = 3;
const paths = Array.from({ length: 64 }, (_, i) => join(folder, `file-${i}`));
for (const path of paths) fs.writeFileSync(path, Buffer.alloc(4096, 'c'));
const buffers = Array.from({ length: 1024 }, () => Buffer.alloc(4096));

/** @typedef {(loop: number) => Promise<unknown>} Operation */
/** @type {Record<string, (fsp: typeof nodeFsp) => Operation | Promise<Operation>>} */
const operations = {
  stat: (fsp) => (loop) => fsp.stat(paths[loop & 63]),
  'open+close': (fsp) => async (loop) => (await fsp.open(paths[loop & 63])).close(),
  'readFile 4 KiB': (fsp) => (loop) => fsp.readFile(paths[loop & 63]),
  'handle.read 4 KiB': async (fsp) => {
    const handles = await Promise.all(paths.map((path) => fsp.open(path)));
    return (loop) => handles[loop & 63].read(buffers[loop], 0, 4096, 0);
  },
};

/**
 * Elapsed and processor time of a call.
 * @param {Operation} operation @param {number} inFlight @returns {Promise<[number, number]>}
 */
async function inSlice(operation, inFlight) {
  let calls = 0;
  let over = false;
  const used = process.cpuUsage();
  const begin = performance.now();
  const loops = Array.from({ length: inFlight }, async (_, loop) => {
    while (!over) {
      await operation(loop);
      if ((++calls & 15) === 0) over = performance.now() - begin >= sliceMs;
    }
  });
  await Promise.all(loops);
  const { user, system } = process.cpuUsage(used);
  return [((performance.now() - begin) * 1000) / calls, (user + system) / calls];
}

/** One call each 5 ms. @param {Operation} operation @returns {Promise<[number, number]>} */
async function nowAndThen(operation) {
  const calls = 40;
  let waited = 0;
  const used = process.cpuUsage();
  for (let i = 0; i < calls; i++) {
    const begin = performance.now();
    await operation(i);
    waited += performance.now() - begin;
    await setTimeout(5);
  }
  const { user, system } = process.cpuUsage(used);
  return [(waited * 1000) / calls, (user + system) / calls];
}

/** @param {[number, number][]} pairs @returns {[number, number]} */
const middle = (pairs) => [median(pairs.map(([a]) => a)), median(pairs.map(([, b]) => b))];

/** @type {Sample[]} */
const samples = [];
for (const [name, make] of Object.entries(operations)) {
  const sides = [await make(/** @type {typeof nodeFsp} */ (ours)), await make(nodeFsp)];
  for (const inFlight of [1, 8, 64, 1024, 0]) {
    if (inFlight === 0 && name !== 'stat') continue;
    /** @type {[number, number][][]} */
    const times = [[], []];
    for (let round = -1; round < rounds; round++) {
      for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const operation = sides[side];
        const time = await (inFlight === 0 ? nowAndThen(operation) : inSlice(operation, inFlight));
        if (round >= 0) times[side].push(time);
      }
    }
    const figure = inFlight === 0 ? `${name}, one each 5 ms` : `${name}, ${inFlight} in flight`;
    samples.push({ figure, ours: middle(times[0]), theirs: middle(times[1]) });
  }
}
console.log(JSON.stringify(samples));
process.exit();
