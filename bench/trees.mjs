// walk() against what people use to go through a tree: 100,000 files in 1,000 directories, the size of each file
// by lstat on every side. statMany() against Promise.all() of lstat on the same files. cp() of a tree of 2,000 files of
// 2 KB against Node's.

import fs from 'node:fs';
import nodeFsp from 'node:fs/promises';
import { join } from 'node:path';
import { fdir } from 'fdir';
import { glob } from 'glob';
import { readdirp } from 'readdirp';
import { atLeast, interleave, judged, median, ratios } from './compare.mjs';
import { NotComparable } from './subject.mjs';

const directories = 1000;
const inEach = 100;
const files = directories * inEach;

/**
 * @param {import('./subject.mjs').Subject} subject
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function compareTrees(subject, settings) {
  if (!subject.table) throw new NotComparable('node:fs has no walk()');
  const { statMany, walk } = /** @type {typeof import('pendingop/fs/promises')} */ (subject.fsp);
  const root = makeTree(settings.folder);

  /** @type {[name: string, run: () => Promise<number>][]} */
  const ours = [
    [
      'walk',
      async () => {
        let bytes = 0;
        for await (const entry of walk(root, { stats: true }))
          if (entry.isFile()) bytes += entry.stats?.size ?? 0;
        return bytes;
      },
    ],
    [
      'walk, batches',
      async () => {
        let bytes = 0;
        for await (const batch of walk(root, { stats: true }).batches()) {
          const sizes = batch.column('size') ?? [];
          for (let i = 0; i < batch.length; i++) if (batch.types[i] === 1) bytes += sizes[i];
        }
        return bytes;
      },
    ],
  ];
  /** @type {[name: string, run: () => Promise<number>][]} */
  const others = [
    ['fdir and lstat', async () => sum(await sizes(nodeFsp.lstat, await pathsOf(root)))],
    ['fdir and lstat, callbacks', async () => sum(await sizesByCallback(await pathsOf(root)))],
    [
      'readdirp',
      async () => {
        let bytes = 0;
        for await (const { stats } of readdirp(root, { alwaysStat: true, lstat: true, type: 'files' }))
          bytes += stats?.size ?? 0;
        return bytes;
      },
    ],
    [
      'glob',
      async () =>
        sum(
          (await glob('**', { cwd: root, stat: true, withFileTypes: true, nodir: true })).map(
            (path) => path.size ?? 0,
          ),
        ),
    ],
    ['opendir and lstat', () => byHand(root)],
  ];
  const many = /** @type {[name: string, run: () => Promise<number>][]} */ ([
    [
      'statMany',
      async () => {
        const found = await statMany(await pathsOf(root), { followLinks: false });
        return sum(found.map((one) => (one.status === 'fulfilled' ? Number(one.value.size) : 0)));
      },
    ],
  ]);
  const all = [...ours, ...many, ...others];
  const results = await interleave(
    all.map(([name, run]) => ({ name, slice: () => timed(run) })),
    settings.quick ? 2 : 9,
    1,
  );
  /** @param {string} name */
  const of = (name) => results[all.findIndex(([one]) => one === name)] ?? [];
  // The fastest of what people use, by its median.
  const fastest = [...others].sort(([a], [b]) => median(of(b)) - median(of(a)))[0]?.[0] ?? '';
  const walks = [...ours.map(([name]) => name), 'statMany'].flatMap((name) =>
    others
      .filter(([other]) => name !== 'statMany' || other.startsWith('fdir'))
      .map(([other]) =>
        judged({
          figure: `${name}, ${files.toLocaleString('en')} files`,
          against: other,
          ours: median(of(name)),
          theirs: median(of(other)),
          unit: 'files/s',
          ratio: ratios(of(name), of(other)),
          target: other === fastest && name !== 'statMany' ? atLeast(5) : null,
        }),
      ),
  );
  return [...walks, await compareCopies(subject.fsp, settings)];
}

const copied = 2000;

/**
 * @param {typeof nodeFsp} fsp
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row>}
 */
async function compareCopies(fsp, settings) {
  const source = join(settings.folder, 'source');
  const copy = join(settings.folder, 'copy');
  for (let i = 0; i < copied; i++) {
    const directory = join(source, `group-${i % 5}`, `directory-${i % 40}`);
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(join(directory, `file-${i}`), 'x'.repeat(2000));
  }
  /** @param {typeof nodeFsp} by */
  const timedCopy = async (by) => {
    const begin = performance.now();
    await by.cp(source, copy, { recursive: true });
    const ms = performance.now() - begin;
    fs.rmSync(copy, { recursive: true });
    return (copied * 1000) / ms;
  };
  const [a = [], b = []] = await interleave(
    [
      { name: 'ours', slice: () => timedCopy(fsp) },
      { name: 'node', slice: () => timedCopy(nodeFsp) },
    ],
    settings.quick ? 3 : 15,
  );
  return judged({
    figure: `cp of ${copied.toLocaleString('en')} files`,
    against: 'fs.promises',
    ours: median(a),
    theirs: median(b),
    unit: 'files/s',
    ratio: ratios(a, b),
    target: atLeast(2),
  });
}

/** @param {string} folder */
function makeTree(folder) {
  const root = join(folder, 'tree');
  for (let i = 0; i < directories; i++) {
    const directory = join(root, `group-${i % 20}`, `part-${i % 7}`, `directory-${i}`);
    fs.mkdirSync(directory, { recursive: true });
    for (let j = 0; j < inEach; j++) fs.writeFileSync(join(directory, `file-${j}.txt`), 'x');
  }
  return root;
}

/** @param {() => Promise<number>} run @returns {Promise<number>} files per second */
async function timed(run) {
  const begin = performance.now();
  const bytes = await run();
  const ms = performance.now() - begin;
  if (bytes !== files) throw new Error(`it saw ${bytes} bytes, not ${files}`);
  return (files * 1000) / ms;
}

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

/** @param {string} root */
const pathsOf = (root) => new fdir().withFullPaths().crawl(root).withPromise();

/** @param {typeof nodeFsp.lstat} lstat @param {string[]} paths */
const sizes = (lstat, paths) => Promise.all(paths.map(async (path) => (await lstat(path)).size));

/** @param {string[]} paths @returns {Promise<number[]>} */
const sizesByCallback = (paths) =>
  Promise.all(
    paths.map(
      (path) =>
        new Promise((resolve, reject) =>
          fs.lstat(path, (error, stats) => (error ? reject(error) : resolve(stats.size))),
        ),
    ),
  );

/** @param {string} directory @returns {Promise<number>} bytes */
async function byHand(directory) {
  let bytes = 0;
  const below = [];
  for await (const entry of await nodeFsp.opendir(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) below.push(path);
    else bytes += (await nodeFsp.lstat(path)).size;
  }
  return bytes + sum(await Promise.all(below.map(byHand)));
}
