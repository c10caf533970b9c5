// The package in this Node and in Node 26 beside fs.promises of Node, Bun and Deno: each side is a process of its own, and
// they take turns.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodePath } from '../scripts/nodes.mjs';
import { runtimePath } from '../scripts/runtimes.mjs';
import { interleave, judged, median, ratios } from './compare.mjs';
import { NotComparable } from './subject.mjs';

const program = fileURLToPath(new URL('others-program.mjs', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
const ours = 'pendingop/fs/promises';

/** @typedef {{ name: string, command: string[], module?: string }} Runtime */

/** @param {import('./args.mjs').Settings} settings @returns {Promise<import('./compare.mjs').Row[]>} */
export async function compareOthers(settings) {
  if (settings.ours === 'node') throw new NotComparable('the package is what is compared with the others');
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new NotComparable('the other runtimes are for Linux on x64');
  const major = process.version.slice(1).split('.')[0];
  const newest = await nodePath('26');
  /** @type {Runtime[][]} */
  const groups = [
    [
      { name: `pendingop, Node ${major}`, command: [process.execPath], module: ours },
      { name: `Node ${major}`, command: [process.execPath] },
      { name: 'Bun', command: [await runtimePath('bun')] },
      { name: 'Deno', command: [await runtimePath('deno'), 'run', '-A'] },
    ],
    [
      { name: 'pendingop, Node 26', command: [newest], module: ours },
      { name: 'Node 26', command: [newest] },
    ],
  ];
  const runtimes = groups.flat();
  const sides = runtimes.map((runtime) => ({ name: runtime.name, slice: () => run(runtime, settings) }));
  const results = await interleave(sides, settings.quick ? 3 : 9, 1);
  const [mine, , , , mineIn26] = results;
  const rows = [];
  for (const figure of Object.keys(mine[0])) {
    for (const [at, { name, module }] of runtimes.entries()) {
      if (module !== undefined) continue;
      const own = name === 'Node 26' ? mineIn26 : mine;
      rows.push(row(figure, name, own.map(timesOf(figure)), results[at].map(timesOf(figure))));
    }
  }
  return rows;
}

/** @param {string} figure @returns {(times: Record<string, number>) => number} */
const timesOf = (figure) => (times) => times[figure];

/** @param {string} figure @param {string} against @param {number[]} mine @param {number[]} theirs */
function row(figure, against, mine, theirs) {
  return judged({
    figure,
    against: `${against}, fs.promises`,
    ours: median(mine),
    theirs: median(theirs),
    unit: 'µs',
    ratio: ratios(theirs, mine),
    target: null,
  });
}

/** @param {Runtime} runtime @param {import('./args.mjs').Settings} settings @returns {Promise<Record<string, number>>} */
async function run({ command: [file, ...options], module }, settings) {
  const args = [
    ...options,
    program,
    settings.folder,
    settings.quick ? '30' : '100',
    ...(module === undefined ? [] : [module]),
  ];
  const { stdout } = await promisify(execFile)(file, args, { cwd: root });
  return JSON.parse(stdout);
}
