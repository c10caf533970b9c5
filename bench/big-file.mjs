// Reads a file of 1 GiB that was really written, in pieces of 1 MiB: one after the other, and four at a time.

import fs from 'node:fs';
import nodeFsp from 'node:fs/promises';
import { join } from 'node:path';
import { atLeast, interleave, judged, median, ratios } from './compare.mjs';
import { NotComparable } from './subject.mjs';

const piece = 1 << 20;

/**
 * @param {import('./subject.mjs').Subject} subject
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function compareBigFile(subject, settings) {
  const pieces = settings.quick ? 256 : 1024;
  const path = writeBigFile(settings.folder, pieces);
  const rounds = settings.quick ? 3 : 9;
  const rows = [];
  for (const width of [1, 4]) {
    const [a, b, c] = await interleave(
      [
        { name: 'ours', slice: () => promisePass(subject.fsp, path, pieces, width) },
        { name: 'fs.promises', slice: () => promisePass(nodeFsp, path, pieces, width) },
        { name: 'callback', slice: () => callbackPass(path, pieces, width) },
      ],
      rounds,
      1,
    );
    const figure = `${pieces / 1024} GiB in 1 MiB reads, ${width === 1 ? 'sequential' : `${width} in flight`}`;
    rows.push(line(figure, 'fs.promises', a, b, true), line(figure, 'callback API', a, c, false));
  }
  return rows;
}

/**
 * @param {string} figure
 * @param {string} against
 * @param {number[]} ours
 * @param {number[]} theirs
 * @param {boolean} judge
 */
function line(figure, against, ours, theirs, judge) {
  return judged({
    figure,
    against,
    ours: median(ours),
    theirs: median(theirs),
    unit: 'MB/s',
    ratio: ratios(ours, theirs),
    target: judge ? atLeast(1) : null,
  });
}

/** @param {string} folder @param {number} pieces */
function writeBigFile(folder, pieces) {
  const { bavail, bsize } = fs.statfsSync(folder);
  if (bavail * bsize < (pieces + 64) * piece) {
    throw new NotComparable(`${folder} has no room for ${pieces} MiB`);
  }
  const path = join(folder, 'big');
  const data = Buffer.alloc(piece);
  const fd = fs.openSync(path, 'w');
  for (let i = 0; i < pieces; i++) {
    data.fill(i & 255);
    let written = 0;
    while (written < piece) written += fs.writeSync(fd, data, written);
  }
  fs.closeSync(fd);
  return path;
}

/**
 * @param {typeof nodeFsp} fsp
 * @param {string} path
 * @param {number} pieces
 * @param {number} width
 * @returns {Promise<number>} MB per second
 */
async function promisePass(fsp, path, pieces, width) {
  const handle = await fsp.open(path, 'r');
  const buffers = Array.from({ length: width }, () => Buffer.alloc(piece));
  let next = 0;
  /** @param {Buffer} buffer */
  const reader = async (buffer) => {
    while (next < pieces) {
      const at = next++;
      // Sequential reads move the file's own position, as in a program that reads on.
      const { bytesRead } = await handle.read(buffer, 0, piece, width === 1 ? null : at * piece);
      check(bytesRead, buffer, at);
    }
  };
  const begin = performance.now();
  await Promise.all(buffers.map(reader));
  const ms = performance.now() - begin;
  await handle.close();
  return (pieces * piece) / ms / 1000;
}

/**
 * @param {string} path
 * @param {number} pieces
 * @param {number} width
 * @returns {Promise<number>} MB per second
 */
function callbackPass(path, pieces, width) {
  const fd = fs.openSync(path, 'r');
  const buffers = Array.from({ length: width }, () => Buffer.alloc(piece));
  return new Promise((resolve, reject) => {
    let next = 0;
    let left = width;
    const begin = performance.now();
    /** @param {Buffer} buffer */
    const read = (buffer) => {
      if (next >= pieces) {
        if (--left > 0) return;
        const ms = performance.now() - begin;
        fs.closeSync(fd);
        resolve((pieces * piece) / ms / 1000);
        return;
      }
      const at = next++;
      fs.read(fd, buffer, 0, piece, width === 1 ? null : at * piece, (error, bytesRead) => {
        if (error) return reject(error);
        check(bytesRead, buffer, at);
        read(buffer);
      });
    };
    buffers.forEach(read);
  });
}

/** @param {number} bytesRead @param {Buffer} buffer @param {number} at */
function check(bytesRead, buffer, at) {
  if (bytesRead !== piece || buffer[0] !== (at & 255) || buffer[piece - 1] !== (at & 255)) {
    throw new Error(`piece ${at}: read ${bytesRead} bytes, or others than were written`);
  }
}
