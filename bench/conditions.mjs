// The same calls under the conditions that programs run in. A program is started many times, since what a scheduler does
// in one start says little about the next. The worst decile is shown beside the median.

import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { atLeast, judged, median } from './compare.mjs';
import { NotComparable } from './subject.mjs';
import { conditions, under } from './under.mjs';

/** @typedef {import('./condition-program.mjs').Sample} Sample */
/** @typedef {import('./compare.mjs').Row} Row */

const program = fileURLToPath(new URL('condition-program.mjs', import.meta.url));

/** @param {import('./args.mjs').Settings} settings @returns {Promise<Row[]>} */
export async function compareConditions(settings) {
  if (process.platform !== 'linux') throw new NotComparable('conditions are made with taskset and cgroups');
  if (settings.ours === 'node') throw new NotComparable('the program compares by itself');
  const starts = settings.quick ? 2 : 10;
  const command = [process.execPath, program, settings.folder, settings.quick ? '10' : '15'];
  /** @type {Row[]} */
  const rows = [];
  for (const condition of conditions) {
    const all = await under(condition, settings.folder, async (run) => {
      /** @type {Sample[][]} */
      const samples = [];
      for (let i = 0; i < starts; i++) samples.push(JSON.parse(await run(command)));
      return samples;
    });
    if (all !== undefined) rows.push(...rowsOf(condition.name, all));
  }
  return rows;
}

/** @param {string} name @param {Sample[][]} all  by start @returns {Row[]} */
function rowsOf(name, all) {
  return all[0].flatMap(({ figure, against }, at) =>
    ['elapsed', 'processor time'].map((what, which) => {
      const ours = all.map((samples) => samples[at].ours[which]);
      const theirs = all.map((samples) => samples[at].theirs[which]);
      const ratios = ours.map((value, i) => theirs[i] / value).sort((a, b) => a - b);
      return judged({
        figure: `${name}: ${figure}, ${what} (min: worst decile of ${all.length} starts)`,
        against,
        ours: median(ours),
        theirs: median(theirs),
        unit: 'µs',
        ratio: {
          median: median(ratios),
          min: ratios[Math.floor((ratios.length - 1) * 0.1)],
          max: ratios[ratios.length - 1],
        },
        target: atLeast(1),
        note: `load ${os.loadavg()[0].toFixed(1)}`,
      });
    }),
  );
}
