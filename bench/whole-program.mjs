// Programs that know nothing of the package, with the hook and without: a recursive walk with stat and readFile of
// 20,000 small files in three styles, by the time of the walk; and an empty program, and uses of packages, by the time
// of the whole process.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atLeast, atMost, interleave, judged, median, ratios } from './compare.mjs';
import { NotComparable } from './subject.mjs';

const files = 20_000;
const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const hook = ['--require', path('../dist/register.js')];
const packages = ['glob', 'tar', 'fs-extra', 'rimraf', 'vite'];
/** Small files show what loading the package costs; large ones, what the calls cost. */
const large = ['glob', 'tar', 'fs-extra', 'rimraf'];

/**
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function compareWholeProgram(settings) {
  if (settings.ours === 'node') throw new NotComparable('the hook is what is measured');
  const root = makeTree(settings.folder);
  const rounds = settings.quick ? 3 : 9;
  /** @type {import('./compare.mjs').Row[]} */
  const rows = [];
  for (const style of ['callbacks', 'promises', 'streams', 'all']) {
    const walked = style === 'all' ? 3 * files : files;
    const walk = (/** @type {string[]} */ flags) => async () =>
      (walked * 1000) / Number(node([...flags, path('./walk-program.mjs'), style, root]));
    const [ours, theirs] = await interleave(
      [
        { name: 'hook', slice: walk(hook) },
        { name: 'plain', slice: walk([]) },
      ],
      rounds,
      1,
    );
    const figure = style === 'all' ? 'all three, one after the other' : style;
    rows.push(row(`walk with stat and readFile, ${figure}`, ours, theirs, 'files/s', atLeast(2)));
  }
  rows.push(await wholeProcess('empty program', ['-e', '0'], settings, rounds * 3));
  const scenarios = path('../test/packages/programs/scenarios.mjs');
  for (const name of packages) rows.push(await wholeProcess(name, [scenarios, name], settings, rounds));
  for (const name of large)
    rows.push(
      await wholeProcess(`${name}, 300 times the files`, [scenarios, name], settings, rounds, ['300']),
    );
  return rows;
}

/**
 * @param {string} figure @param {string[]} args An empty folder comes behind them
 * @param {import('./args.mjs').Settings} settings @param {number} rounds @param {string[]} last
 */
async function wholeProcess(figure, args, settings, rounds, last = []) {
  const timed = (/** @type {string[]} */ flags) => async () => {
    const folder = fs.mkdtempSync(join(settings.folder, 'program-'));
    const begin = performance.now();
    node([...flags, ...args, folder, ...last]);
    const ms = performance.now() - begin;
    fs.rmSync(folder, { recursive: true });
    return ms;
  };
  const [ours, theirs] = await interleave(
    [
      { name: 'hook', slice: timed(hook) },
      { name: 'plain', slice: timed([]) },
    ],
    rounds,
    1,
  );
  return row(`${figure}, whole process`, ours, theirs, 'ms', atMost(1.05));
}

/**
 * @param {string} figure @param {number[]} ours @param {number[]} theirs @param {string} unit
 * @param {import('./compare.mjs').Target} target
 */
function row(figure, ours, theirs, unit, target) {
  const columns = { ours: median(ours), theirs: median(theirs), ratio: ratios(ours, theirs) };
  return judged({ figure, against: 'without the hook', ...columns, unit, target });
}

/** @param {string[]} args */
const node = (args) => execFileSync(process.execPath, args, { encoding: 'utf8' });

/** @param {string} folder */
function makeTree(folder) {
  const root = join(folder, 'whole-program');
  for (let i = 0; i < 200; i++) {
    const directory = join(root, `group-${i % 10}`, `directory-${i}`);
    fs.mkdirSync(directory, { recursive: true });
    for (let j = 0; j < files / 200; j++) fs.writeFileSync(join(directory, `file-${j}.txt`), 'some text');
  }
  return root;
}
