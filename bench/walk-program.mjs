// Walks a folder and prints how many ms that took:  node walk-program.mjs callbacks|promises|streams <folder>
// As much at once as the tree allows, streams excepted: each needs a descriptor for long.

import fs from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';

const streamsAtOnce = 64;

/** @type {Record<string, (root: string) => Promise<number>>} bytes read */
const walks = {
  callbacks: (root) =>
    new Promise((resolve, reject) => {
      let bytes = 0;
      let left = 0;
      const end = () => --left === 0 && resolve(bytes);
      const visit = (/** @type {string} */ path) => {
        left++;
        fs.stat(path, (error, stats) => {
          if (error) return reject(error);
          if (!stats.isDirectory()) {
            fs.readFile(path, (failed, content) => {
              if (failed) return reject(failed);
              bytes += content.length;
              end();
            });
            return;
          }
          fs.readdir(path, (failed, names) => {
            if (failed) return reject(failed);
            for (const name of names) visit(`${path}/${name}`);
            end();
          });
        });
      };
      visit(root);
    }),

  async promises(path) {
    if (!(await stat(path)).isDirectory()) return (await readFile(path)).length;
    const inside = await Promise.all((await readdir(path)).map((name) => walks.promises(`${path}/${name}`)));
    return inside.reduce((sum, bytes) => sum + bytes, 0);
  },

  async streams(root) {
    /** @type {string[]} */
    const found = [];
    const visit = async (/** @type {string} */ path) => {
      if (!(await stat(path)).isDirectory()) return found.push(path);
      return Promise.all((await readdir(path)).map((name) => visit(`${path}/${name}`)));
    };
    await visit(root);
    let bytes = 0;
    const reader = async () => {
      for (let path = found.pop(); path !== undefined; path = found.pop()) {
        const stream = fs.createReadStream(path);
        await new Promise((resolve, reject) => {
          stream
            .on('data', (chunk) => {
              bytes += chunk.length;
            })
            .on('close', resolve)
            .on('error', reject);
        });
      }
    };
    await Promise.all(Array.from({ length: streamsAtOnce }, reader));
    return bytes;
  },
};

const [, , style, root] = process.argv;
const begin = performance.now();
const bytes = await walks[style](root);
const ms = performance.now() - begin;
if (bytes === 0) throw new Error(`nothing to read in ${root}`);
console.log(ms);
