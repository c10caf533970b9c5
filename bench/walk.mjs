// A recursive walk: readdir with file types, then stat of every file; 10,000 files in 100 directories. On every side as
// many calls run at once as the tree allows.

import fs from 'node:fs';
import nodeFsp from 'node:fs/promises';
import { join } from 'node:path';
import { atLeast, interleave, judged, median, ratios } from './compare.mjs';

const files = 10_000;

/**
 * @param {import('./subject.mjs').Subject} subject
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function compareWalk(subject, settings) {
  const root = makeTree(settings.folder);
  const [a, b, c] = await interleave(
    [
      { name: 'ours', slice: () => timed(() => promiseWalk(subject.fsp, root)) },
      { name: 'fs.promises', slice: () => timed(() => promiseWalk(nodeFsp, root)) },
      { name: 'callback', slice: () => timed(() => callbackWalk(root)) },
    ],
    settings.quick ? 5 : 15,
  );
  const figure = 'walk with stat of 10,000 files';
  return [
    judged({ figure, against: 'fs.promises', ...columns(a, b), target: atLeast(5) }),
    judged({ figure, against: 'callback API', ...columns(a, c), target: null }),
  ];
}

/** @param {number[]} ours @param {number[]} theirs */
function columns(ours, theirs) {
  return { ours: median(ours), theirs: median(theirs), unit: 'files/s', ratio: ratios(ours, theirs) };
}

/** @param {string} folder */
function makeTree(folder) {
  const root = join(folder, 'tree');
  for (let i = 0; i < 100; i++) {
    const directory = join(root, `group-${i % 10}`, `directory-${i}`);
    fs.mkdirSync(directory, { recursive: true });
    for (let j = 0; j < files / 100; j++) fs.writeFileSync(join(directory, `file-${j}.txt`), 'x');
  }
  return root;
}

/** @param {() => Promise<number>} walk @returns {Promise<number>} files per second */
async function timed(walk) {
  const begin = performance.now();
  const bytes = await walk();
  const ms = performance.now() - begin;
  if (bytes !== files) throw new Error(`the walk saw ${bytes} bytes, not ${files}`);
  return (files * 1000) / ms;
}

/**
 * @param {typeof nodeFsp} fsp
 * @param {string} directory
 * @returns {Promise<number>} bytes
 */
async function promiseWalk(fsp, directory) {
  const entries = await fsp.readdir(directory, { withFileTypes: true });
  const sizes = await Promise.all(
    entries.map(async (entry) => {
      const path = `${directory}/${entry.name}`;
      return entry.isDirectory() ? promiseWalk(fsp, path) : (await fsp.stat(path)).size;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** @param {string} root @returns {Promise<number>} bytes */
function callbackWalk(root) {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let left = 0;
    const end = () => {
      if (--left === 0) resolve(bytes);
    };
    /** @param {string} directory */
    const visit = (directory) => {
      left++;
      fs.readdir(directory, { withFileTypes: true }, (error, entries) => {
        if (error) return reject(error);
        for (const entry of entries) {
          const path = `${directory}/${entry.name}`;
          if (entry.isDirectory()) {
            visit(path);
            continue;
          }
          left++;
          fs.stat(path, (failed, stats) => {
            if (failed) return reject(failed);
            bytes += stats.size;
            end();
          });
        }
        end();
      });
    };
    visit(root);
  });
}
