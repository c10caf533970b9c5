// The time that the package takes at the start of a program, in fresh processes.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { absoluteAtMost, judged, median, range } from './compare.mjs';
import { NotComparable } from './subject.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What runs before the time is taken, what is timed, and the most that it may take. */
const starts = [
  { figure: "require('pendingop')", before: '', timed: "require('pendingop')", most: 8 },
  {
    figure: "require('pendingop/fs/promises')",
    before: '',
    timed: "require('pendingop/fs/promises')",
    most: null,
  },
  { figure: 'the hook, before the program', before: '', timed: "require('pendingop/register')", most: 3 },
  {
    figure: 'the hook, at the first call',
    before: "require('pendingop/register');",
    timed: "require('node:fs').stat('/', () => {})",
    most: 5,
  },
];

/**
 * @param {import('./args.mjs').Settings} settings
 * @returns {import('./compare.mjs').Row[]}
 */
export function measureRequire(settings) {
  if (settings.ours === 'node') throw new NotComparable('node:fs is there from the start');
  const processes = settings.quick ? 5 : 15;
  return starts.map(({ figure, before, timed, most }) => {
    // Timed inside of the process, so that Node's own start does not count.
    const script = `${before} const t = performance.now(); ${timed}; console.log(performance.now() - t);`;
    const times = [];
    for (let i = -1; i < processes; i++) {
      // The first run does not count: it reads the files from the disk.
      const ms = Number(execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' }));
      if (i >= 0) times.push(ms);
    }
    return judged({
      figure,
      against: '',
      ours: median(times),
      theirs: null,
      unit: 'ms',
      ratio: null,
      target: most === null ? null : absoluteAtMost(most),
      note: range(times, 'ms', 1),
    });
  });
}
