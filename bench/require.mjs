// The time that require('pendingop') takes at the start of a program, in fresh processes.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { absoluteAtMost, judged, median, range } from './compare.mjs';
import { NotComparable } from './subject.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const specifiers = /** @type {const} */ (['pendingop', 'pendingop/fs/promises']);

/**
 * @param {import('./args.mjs').Settings} settings
 * @returns {import('./compare.mjs').Row[]}
 */
export function measureRequire(settings) {
  if (settings.ours === 'node') throw new NotComparable('node:fs is there from the start');
  const processes = settings.quick ? 5 : 15;
  return specifiers.map((specifier) => {
    // Timed inside of the process, so that Node's own start does not count.
    const script = `const t = performance.now(); require('${specifier}'); console.log(performance.now() - t);`;
    const times = [];
    for (let i = -1; i < processes; i++) {
      // The first run does not count: it reads the files from the disk.
      const ms = Number(execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' }));
      if (i >= 0) times.push(ms);
    }
    return judged({
      figure: `require('${specifier}')`,
      against: '',
      ours: median(times),
      theirs: null,
      unit: 'ms',
      ratio: null,
      target: specifier === 'pendingop' ? absoluteAtMost(15) : null,
      note: range(times, 'ms', 1),
    });
  });
}
