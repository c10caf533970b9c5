// Reads and writes of 1 MiB under the conditions that programs run in: elapsed, processor time and memory. Each side is a
// process of its own, and they take turns.

import { fileURLToPath } from 'node:url';
import { atLeast, interleave, judged, median, ratios } from './compare.mjs';
import { NotComparable } from './subject.mjs';
import { conditions, under } from './under.mjs';

const program = fileURLToPath(new URL('large-program.mjs', import.meta.url));
const measures = ['elapsed', 'processor time', 'most memory'];

/** @param {import('./args.mjs').Settings} settings @returns {Promise<import('./compare.mjs').Row[]>} */
export async function compareLarge(settings) {
  if (process.platform !== 'linux') throw new NotComparable('conditions are made with taskset and cgroups');
  if (settings.ours === 'node') throw new NotComparable('the program compares by itself');
  const [mib, rounds] = settings.quick ? ['64', 3] : ['512', 7];
  /** @type {import('./compare.mjs').Row[]} */
  const rows = [];
  for (const condition of conditions) {
    await under(condition, settings.folder, async (run) => {
      for (const what of ['handle.read', 'handle.write', 'readFile', 'writeFile']) {
        for (const inFlight of ['1', '4']) {
          const side = (/** @type {string[]} */ module) => async () =>
            /** @type {number[]} */ (
              JSON.parse(
                await run([process.execPath, program, settings.folder, mib, what, inFlight, ...module]),
              )
            );
          const [ours, theirs] = await interleave(
            [
              { name: 'ours', slice: side(['pendingop/fs/promises']) },
              { name: 'fs.promises', slice: side([]) },
            ],
            rounds,
            1,
          );
          rows.push(
            ...measures.map((measure, at) =>
              row(
                `${condition.name}: ${what} of 1 MiB, ${inFlight} in flight, ${measure}`,
                ours.map((values) => values[at]),
                theirs.map((values) => values[at]),
                measure === 'most memory' ? 'MB' : 'µs',
              ),
            ),
          );
        }
      }
    });
  }
  return rows;
}

/** @param {string} figure @param {number[]} ours @param {number[]} theirs @param {string} unit */
const row = (figure, ours, theirs, unit) =>
  judged({
    figure,
    against: 'fs.promises',
    ours: median(ours),
    theirs: median(theirs),
    unit,
    ratio: ratios(theirs, ours),
    target: atLeast(1),
  });
