// What calls that are stuck on one file system cost other calls: local calls while 5,000 are stuck on one mount and
// another mount is slow, compared with the same calls before and after.

import fs from 'node:fs';
import { join } from 'node:path';
import { atLeast, judged, median, ratios } from './compare.mjs';
import { promiseSlice } from './loops.mjs';
import { mountStall } from './stall-mount.mjs';
import { tableOf } from './subject.mjs';

/**
 * @param {import('./subject.mjs').Subject} subject
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function compareLanes(subject, settings) {
  const table = tableOf(subject);
  const calls = settings.quick ? 1000 : 5000;
  table.configure({ maxStuckPerMount: 2 * calls });
  table.trackPending(true);
  const dead = await mountStall();
  const slow = await mountStall();
  try {
    const paths = Array.from({ length: 64 }, (_, i) => join(settings.folder, `local-${i}`));
    for (const path of paths) fs.writeFileSync(path, 'x');
    /** @param {number} loop */
    const op = (loop) => subject.fsp.stat(paths[loop]);
    const local = () => promiseSlice(op, 64, settings.sliceMs);
    await promiseSlice(op, 64, 500);

    const busy = [];
    const idle = [];
    let slowCalls = 0;
    const rounds = settings.quick ? 3 : 7;
    const slices = 5;
    for (let round = 0; round < rounds; round++) {
      const before = await several(local, slices);
      await dead.tell('deaf');
      const stuck = Array.from({ length: calls }, (_, i) =>
        subject.fsp.stat(join(dead.path, `${round}-${i}`)).catch((error) => error.outcome),
      );
      await untilRunning(table, dead.path, calls);
      // One call on the slow mount at a time, answered as soon as it is held.
      let done = false;
      const beside = (async () => {
        await slow.tell('late op=lookup');
        while (!done) {
          const call = subject.fsp.stat(join(slow.path, `${round}-${slowCalls}`)).catch(() => undefined);
          await slow.tell('wait-held 1 10000 op=lookup');
          await new Promise((resolve) => setTimeout(resolve, 5));
          await slow.tell('release');
          await call;
          slowCalls++;
        }
        await slow.tell('normal');
      })();
      const during = await several(local, slices);
      done = true;
      await beside;
      await table.interruptUnder(dead.path, { grace: 10_000 });
      await Promise.all(stuck);
      await dead.tell('normal');
      const after = await several(local, slices);
      busy.push(median(during));
      idle.push((median(before) + median(after)) / 2);
    }
    return [
      judged({
        figure: `local stat, 64 in flight, ${calls.toLocaleString('en')} calls stuck on one mount, another one slow`,
        against: 'idle',
        ours: median(busy),
        theirs: median(idle),
        unit: '/s',
        ratio: ratios(busy, idle),
        target: atLeast(0.9),
        note: `${slowCalls} slow calls went on`,
      }),
    ];
  } finally {
    table.trackPending(false);
    await Promise.all([dead.end(), slow.end()]);
  }
}

/** @param {() => Promise<number>} slice @param {number} count */
async function several(slice, count) {
  const values = [];
  for (let i = 0; i < count; i++) values.push(await slice());
  return values;
}

/** @param {typeof import('pendingop')} table @param {string} under @param {number} count */
export async function untilRunning(table, under, count) {
  while (table.listPending({ under, state: 'running' }).length < count)
    await new Promise((resolve) => setTimeout(resolve, 5));
}
