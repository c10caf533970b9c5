// What the table costs: the same calls with tracking on and off.

import fs from 'node:fs';
import { join } from 'node:path';
import { atLeast, interleave, judged, median, ratios } from './compare.mjs';
import { promiseSlice } from './loops.mjs';
import { tableOf } from './subject.mjs';

/**
 * @param {import('./subject.mjs').Subject} subject
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function compareTracking(subject, settings) {
  const { trackPending, listPending } = tableOf(subject);
  const path = join(settings.folder, 'tracked');
  fs.writeFileSync(path, 'x');
  const op = () => subject.fsp.stat(path);
  const rows = [];
  for (const width of [1, 64, 1024]) {
    const tracked = async () => {
      trackPending(true);
      try {
        return await promiseSlice(op, width, settings.sliceMs);
      } finally {
        trackPending(false);
      }
    };
    const [on, off] = await interleave(
      [
        { name: 'on', slice: tracked },
        { name: 'off', slice: () => promiseSlice(op, width, settings.sliceMs) },
      ],
      settings.rounds,
    );
    rows.push(
      judged({
        figure: `tracking on, stat, ${width} in flight`,
        against: 'tracking off',
        ours: median(on),
        theirs: median(off),
        unit: '/s',
        ratio: ratios(on, off),
        target: atLeast(0.95),
      }),
    );
  }
  if (listPending().length > 0) throw new Error('calls left in the table');
  return rows;
}
