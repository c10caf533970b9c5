// One start of the case `conditions`: node condition-program.mjs FOLDER SLICE-MS. Prints, for each operation and each
// number of calls in flight, how long a call took and how much processor time (user and system, of all threads), for
// this package and for fs.promises, interleaved; all in µs.

import fs from 'node:fs';
import nodeFsp from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { median } from './compare.mjs';

/** @typedef {{ figure: string, against: string, ours: [number, number], theirs: [number, number] }} Sample */

const [folder, slice] = process.argv.slice(2);
const ours = (await import('pendingop/fs')).default;
const sliceMs = Number(slice);
const rounds = 3;
const paths = Array.from({ length: 64 }, (_, i) => join(folder, `file-${i}`));
for (const path of paths) fs.writeFileSync(path, Buffer.alloc(4096, 'c'));
const buffers = Array.from({ length: 1024 }, () => Buffer.alloc(4096));

/** @typedef {(loop: number, done: (error?: unknown) => void) => void} Operation */
/** @typedef {(fsp: typeof nodeFsp) => (loop: number) => Promise<unknown>} Promised */
/** @typedef {(side: typeof fs) => Operation} CalledBack */

const directories = [10, 100].map((entries) => {
  const directory = join(folder, `directory-of-${entries}`);
  fs.mkdirSync(directory, { recursive: true });
  for (let i = 0; i < entries; i++) fs.writeFileSync(join(directory, `entry-${i}`), '');
  return directory;
});
const content = Buffer.alloc(4096, 'w');
/** Handles are not collected while others are measured. @type {unknown[]} */
const held = [];
/** @param {number} loop */
const written = (loop) => join(folder, `written-${loop & 63}`);

/** @type {Record<string, Promised | ((fsp: typeof nodeFsp) => ReturnType<Promised> | Promise<ReturnType<Promised>>)>} */
const promised = {
  stat: (fsp) => (loop) => fsp.stat(paths[loop & 63]),
  'open+close': (fsp) => async (loop) => (await fsp.open(paths[loop & 63])).close(),
  'readFile 4 KiB': (fsp) => (loop) => fsp.readFile(paths[loop & 63]),
  'writeFile 4 KiB': (fsp) => (loop) => fsp.writeFile(written(loop), content),
  'handle.read 4 KiB': async (fsp) => {
    const handles = await Promise.all(paths.map((path) => fsp.open(path)));
    held.push(handles);
    return (loop) => handles[loop & 63].read(buffers[loop], 0, 4096, 0);
  },
  'readdir 10 entries': (fsp) => () => fsp.readdir(directories[0]),
  'readdir 100 entries': (fsp) => () => fsp.readdir(directories[1]),
};

/** @type {Record<string, CalledBack>} */
const calledBack = {
  stat: (side) => (loop, done) => side.stat(paths[loop & 63], done),
  'open+close': (side) => (loop, done) =>
    side.open(paths[loop & 63], (error, fd) => (error ? done(error) : side.close(fd, done))),
  'readFile 4 KiB': (side) => (loop, done) => side.readFile(paths[loop & 63], done),
  'writeFile 4 KiB': (side) => (loop, done) => side.writeFile(written(loop), content, done),
  'read 4 KiB': (side) => {
    const fds = paths.map((path) => side.openSync(path));
    return (loop, done) => side.read(fds[loop & 63], buffers[loop], 0, 4096, 0, done);
  },
  'readdir 10 entries': (side) => (_loop, done) => side.readdir(directories[0], done),
  'readdir 100 entries': (side) => (_loop, done) => side.readdir(directories[1], done),
};

/** @param {ReturnType<Promised>} call @returns {Operation} */
const asOperation = (call) => (loop, done) => {
  call(loop).then(() => done(), done);
};

/**
 * Elapsed and processor time of a call.
 * @param {Operation} operation @param {number} inFlight @returns {Promise<[number, number]>}
 */
function inSlice(operation, inFlight) {
  return new Promise((resolve, reject) => {
    let calls = 0;
    let over = false;
    let running = inFlight;
    const used = process.cpuUsage();
    const begin = performance.now();
    /** @param {number} loop */
    function run(loop) {
      const done = (/** @type {unknown} */ error) => {
        if (error) reject(error);
        if ((++calls & 15) === 0) over ||= performance.now() - begin >= sliceMs;
        if (!over) return operation(loop, done);
        if (--running > 0) return;
        const { user, system } = process.cpuUsage(used);
        resolve([((performance.now() - begin) * 1000) / calls, (user + system) / calls]);
      };
      operation(loop, done);
    }
    for (let loop = 0; loop < inFlight; loop++) run(loop);
  });
}

/** One call each 5 ms. @param {Operation} operation @returns {Promise<[number, number]>} */
async function nowAndThen(operation) {
  const calls = 40;
  let waited = 0;
  const used = process.cpuUsage();
  for (let i = 0; i < calls; i++) {
    const begin = performance.now();
    await new Promise((resolve) => operation(i, resolve));
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
for (const [name, make] of Object.entries(promised)) {
  const sides = [await make(/** @type {typeof nodeFsp} */ (ours.promises)), await make(nodeFsp)];
  await measure(name, 'fs.promises', [asOperation(sides[0]), asOperation(sides[1])]);
}
for (const [name, make] of Object.entries(calledBack)) {
  await measure(name, 'callback API', [
    make(/** @type {typeof fs} */ (/** @type {unknown} */ (ours))),
    make(fs),
  ]);
}
console.log(JSON.stringify(samples));
process.exit();

/** @param {string} name @param {string} against @param {[Operation, Operation]} sides */
async function measure(name, against, sides) {
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
    samples.push({ figure, against, ours: middle(times[0]), theirs: middle(times[1]) });
  }
}
