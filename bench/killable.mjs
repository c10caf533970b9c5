// Compares tasks, which can be killed, with threads on local files: the same calls with either configure({ killable }).

import { atLeast, interleave, judged, median, ratios } from './compare.mjs';
import { promiseSlice } from './loops.mjs';
import { operations } from './ops.mjs';
import { NotComparable, tableOf } from './subject.mjs';

/**
 * @param {import('./subject.mjs').Subject} subject
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function compareKillable(subject, settings) {
  if (process.platform !== 'linux') throw new NotComparable('tasks that can be killed are for Linux');
  const { configure } = tableOf(subject);
  const rows = [];
  // The handles stay open until the case's process ends.
  const kept = [];
  for (const [name, { prepare }] of Object.entries(operations)) {
    const op = await prepare(settings.folder).promises(subject.fsp);
    kept.push(op);
    for (const width of [1, 64, 1024]) {
      /** @param {import('pendingop').Killable} killable */
      const slice = (killable) => async () => {
        configure({ killable });
        // The workers of the other kind end, and those of this kind start.
        await promiseSlice(op, width, settings.sliceMs / 4);
        return promiseSlice(op, width, settings.sliceMs);
      };
      const [tasks, threads] = await interleave(
        [
          { name: 'tasks', slice: slice('always') },
          { name: 'threads', slice: slice('never') },
        ],
        settings.rounds,
      );
      rows.push(
        judged({
          figure: `killable, ${name}, ${width === 1 ? 'one at a time' : `${width} in flight`}`,
          against: 'threads',
          ours: median(tasks),
          theirs: median(threads),
          unit: '/s',
          ratio: ratios(tasks, threads),
          // One at a time is a latency. Tasks make three more system calls, which check the credentials.
          target: width > 1 ? atLeast(0.9) : null,
        }),
      );
    }
  }
  configure({ killable: 'auto' });
  return rows;
}
