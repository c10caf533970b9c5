// The throughput of single calls at 1, 64 and 1024 in flight, compared with fs.promises and with the callback API.

import fs from 'node:fs';
import nodeFsp from 'node:fs/promises';
import { join } from 'node:path';
import { atLeast, atMost, interleave, judged, median, ratios } from './compare.mjs';
import { callbackSlice, promiseSlice } from './loops.mjs';

const size = 4096;
const widths = [1, 64, 1024];
const maxWidth = 1024;
// The loops share 64 files: threads that use the same path all contend in the kernel for that name, on both sides.
const mask = 63;
const content = Buffer.alloc(size, 'content');

/**
 * @typedef {object} Prepared
 * @property {(fsp: typeof nodeFsp) => Promise<(loop: number) => Promise<unknown>>} promises
 * @property {() => Promise<(loop: number, done: (error?: Error | null) => void) => void>} callback
 * @property {(result: unknown) => boolean} right  whether a call of loop 0 gave what it is to give
 */

/** @type {Record<string, { target: number, prepare: (folder: string) => Prepared }>} */
export const operations = {
  stat: {
    target: 6,
    prepare(folder) {
      const paths = makeFiles(folder);
      return {
        promises: async (fsp) => (loop) => fsp.stat(paths[loop & mask]),
        callback: async () => (loop, done) => fs.stat(paths[loop & mask], done),
        right: (result) => /** @type {fs.Stats} */ (result).size === size,
      };
    },
  },
  'open+close': {
    target: 5,
    prepare(folder) {
      const paths = makeFiles(folder);
      return {
        promises: async (fsp) => async (loop) => (await fsp.open(paths[loop & mask], 'r')).close(),
        callback: async () => (loop, done) =>
          fs.open(paths[loop & mask], 'r', (error, fd) => (error ? done(error) : fs.close(fd, done))),
        right: (result) => result === undefined,
      };
    },
  },
  readFile: {
    target: 8,
    prepare(folder) {
      const paths = makeFiles(folder);
      return {
        promises: async (fsp) => (loop) => fsp.readFile(paths[loop & mask]),
        callback: async () => (loop, done) => fs.readFile(paths[loop & mask], done),
        right: (result) => /** @type {Buffer} */ (result).equals(content),
      };
    },
  },
  read: {
    target: 4,
    prepare(folder) {
      const paths = makeFiles(folder);
      const buffers = Array.from({ length: maxWidth }, () => Buffer.alloc(size));
      return {
        // The handles stay open until the case's process ends.
        promises: async (fsp) => {
          const handles = await Promise.all(paths.map((path) => fsp.open(path, 'r')));
          return (loop) => handles[loop & mask].read(buffers[loop], 0, size, 0);
        },
        callback: async () => {
          const fds = paths.map((path) => fs.openSync(path, 'r'));
          return (loop, done) => fs.read(fds[loop & mask], buffers[loop], 0, size, 0, done);
        },
        right: (result) =>
          /** @type {{ bytesRead: number }} */ (result).bytesRead === size && buffers[0].equals(content),
      };
    },
  },
  readdir: {
    target: 4,
    prepare(folder) {
      const paths = names('directory', folder);
      for (const path of paths) {
        fs.mkdirSync(path);
        for (let i = 0; i < 100; i++) fs.writeFileSync(join(path, `entry-${i}.txt`), '');
      }
      return {
        promises: async (fsp) => (loop) => fsp.readdir(paths[loop & mask]),
        callback: async () => (loop, done) => fs.readdir(paths[loop & mask], done),
        right: (result) => /** @type {string[]} */ (result).length === 100,
      };
    },
  },
  writeFile: {
    target: 4,
    prepare(folder) {
      // One file for each loop: writers of one file would queue at its inode, on both sides.
      const paths = Array.from({ length: maxWidth }, (_, loop) => join(folder, `out-${loop}`));
      const data = Buffer.alloc(size, 'w');
      return {
        promises: async (fsp) => (loop) => fsp.writeFile(paths[loop], data),
        callback: async () => (loop, done) => fs.writeFile(paths[loop], data, done),
        right: () => fs.readFileSync(paths[0]).equals(data),
      };
    },
  },
};

const titles = {
  read: 'handle.read 4 KiB',
  readFile: 'readFile 4 KiB',
  writeFile: 'writeFile 4 KiB',
  readdir: 'readdir 100 entries',
};

/**
 * @param {string} name
 * @param {import('./subject.mjs').Subject} subject
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function compareOperation(name, subject, settings) {
  const { target, prepare } = operations[name];
  const prepared = prepare(settings.folder);
  const ours = await prepared.promises(subject.fsp);
  const promises = await prepared.promises(nodeFsp);
  const callback = await prepared.callback();
  if (!prepared.right(await ours(0))) throw new Error(`${name}: a wrong result`);
  const rows = [];
  for (const width of widths) {
    const [a, b, c] = await interleave(
      [
        { name: 'ours', slice: () => promiseSlice(ours, width, settings.sliceMs) },
        { name: 'fs.promises', slice: () => promiseSlice(promises, width, settings.sliceMs) },
        { name: 'callback', slice: () => callbackSlice(callback, width, settings.sliceMs) },
      ],
      settings.rounds,
    );
    rows.push(line(name, width, 'fs.promises', a, b, target), line(name, width, 'callback API', a, c, 0));
  }
  return rows;
}

/**
 * @param {string} name
 * @param {number} width
 * @param {string} against
 * @param {number[]} ours   calls per second, round by round
 * @param {number[]} theirs
 * @param {number} target   0 = none
 */
function line(name, width, against, ours, theirs, target) {
  const title = titles[/** @type {keyof typeof titles} */ (name)] ?? name;
  if (width === 1) {
    const a = ours.map(microseconds);
    const b = theirs.map(microseconds);
    return judged({
      figure: `${title}, one at a time, latency`,
      against,
      ours: median(a),
      theirs: median(b),
      unit: 'µs',
      ratio: ratios(a, b),
      target: target ? atMost(0.7) : null,
    });
  }
  return judged({
    figure: `${title}, ${width} in flight`,
    against,
    ours: median(ours),
    theirs: median(theirs),
    unit: '/s',
    ratio: ratios(ours, theirs),
    target: target ? atLeast(target) : null,
  });
}

/** @param {number} perSecond */
const microseconds = (perSecond) => 1e6 / perSecond;

/** @param {string} folder */
function makeFiles(folder) {
  const paths = names('four-kib', folder);
  for (const path of paths) fs.writeFileSync(path, content);
  return paths;
}

/** @param {string} name @param {string} folder */
function names(name, folder) {
  return Array.from({ length: mask + 1 }, (_, i) => join(folder, `${name}-${i}`));
}
