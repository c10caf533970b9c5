// Walks a folder and prints how many ms that took: node walk-program.mjs callbacks|promises|streams|all FOLDER. At most
// 64 calls run at once: without a limit plain Node would run out of descriptors.

import fs from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';

const atOnce = 64;

/** Each gives all that `path` holds if it is a folder, or the bytes that it read of a file. @type {Record<string, (path: string) => Promise<string[] | number>>} */
const visits = {
  callbacks: (path) =>
    new Promise((resolve, reject) => {
      fs.stat(path, (error, stats) => {
        if (error) return reject(error);
        if (stats.isDirectory()) {
          fs.readdir(path, (failed, names) => (failed ? reject(failed) : resolve(names)));
        } else {
          fs.readFile(path, (failed, content) => (failed ? reject(failed) : resolve(content.length)));
        }
      });
    }),

  async promises(path) {
    return (await stat(path)).isDirectory() ? readdir(path) : (await readFile(path)).length;
  },

  async streams(path) {
    if ((await stat(path)).isDirectory()) return readdir(path);
    let bytes = 0;
    for await (const chunk of fs.createReadStream(path)) bytes += chunk.length;
    return bytes;
  },
};

/** @param {(path: string) => Promise<string[] | number>} visit @param {string} root @returns {Promise<number>} bytes */
function walk(visit, root) {
  const waiting = [root];
  let running = 0;
  let bytes = 0;
  return new Promise((resolve, reject) => {
    const next = () => {
      while (running < atOnce && waiting.length > 0) {
        const path = /** @type {string} */ (waiting.pop());
        running++;
        visit(path).then((found) => {
          running--;
          if (typeof found === 'number') bytes += found;
          else for (const name of found) waiting.push(`${path}/${name}`);
          next();
        }, reject);
      }
      if (running === 0) resolve(bytes);
    };
    next();
  });
}

const [, , style, root] = process.argv;
const styles = style === 'all' ? Object.keys(visits) : [style];
const begin = performance.now();
let bytes = 0;
for (const one of styles) bytes += await walk(visits[one], root);
const ms = performance.now() - begin;
if (bytes === 0) throw new Error(`nothing to read in ${root}`);
console.log(ms);
