// What a scope costs: the same calls in a scope and outside of any. The AsyncLocalStorage behind scopes is on from the
// first scope of a process on, so the side without scopes runs in a process of its own. The figure is the processor
// time of the thread that makes the calls, which includes all costs of a scope: the elapsed times of two processes
// differ by more than that.

import { fork } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { absoluteAtMost, interleave, judged, median, ratios } from './compare.mjs';
import { promiseSlice } from './loops.mjs';
import { needProc, threadTime } from './proc.mjs';
import { loadSubject, tableOf } from './subject.mjs';

/** @typedef {{ width: number, sliceMs: number, path: string }} Slice */

/**
 * @param {import('./subject.mjs').Subject} subject
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function compareScopes(subject, settings) {
  tableOf(subject);
  needProc();
  const path = join(settings.folder, 'scoped');
  fs.writeFileSync(path, 'x');
  const scoped = startSide('scoped');
  const plain = startSide('plain');
  const rows = [];
  try {
    for (const width of [64, 1024]) {
      const slice = { width, sliceMs: settings.sliceMs, path };
      const [inside, outside] = await interleave(
        [
          { name: 'scope', slice: () => scoped.run(slice) },
          { name: 'none', slice: () => plain.run(slice) },
        ],
        settings.rounds,
      );
      const costs = inside.map((rate, round) => 1e6 / rate - 1e6 / outside[round]);
      rows.push(
        judged({
          figure: `what a scope costs, processor time, stat, ${width} in flight`,
          against: 'in no scope',
          ours: median(costs),
          theirs: null,
          unit: 'µs',
          ratio: ratios(inside, outside),
          target: absoluteAtMost(0.3),
        }),
      );
    }
  } finally {
    scoped.end();
    plain.end();
  }
  return rows;
}

/** @param {'scoped' | 'plain'} side */
function startSide(side) {
  const child = fork(fileURLToPath(import.meta.url), [side], { execArgv: ['--expose-gc'] });
  return {
    /** @param {Slice} slice @returns {Promise<number>} calls per second of processor time */
    run: (slice) =>
      new Promise((resolve, reject) => {
        const died = () => reject(new Error(`the side '${side}' has ended`));
        child.once('exit', died);
        child.once('message', (rate) => {
          child.off('exit', died);
          resolve(Number(rate));
        });
        child.send(slice);
      }),
    end: () => child.kill(),
  };
}

/** In the process of one side. @param {string} side */
async function serve(side) {
  const subject = await loadSubject({ ours: 'pendingop' });
  const { runInterruptible } = tableOf(subject);
  process.on('message', async (message) => {
    const { width, sliceMs, path } = /** @type {Slice} */ (message);
    let calls = 0;
    const call = () => {
      calls++;
      return subject.fsp.stat(path);
    };
    const slice = () => promiseSlice(call, width, sliceMs);
    globalThis.gc?.({ type: 'minor' });
    const before = threadTime();
    await (side === 'scoped' ? runInterruptible({ label: 'bench', timeout: 1e6 }, slice) : slice());
    process.send?.((calls * 1e9) / (threadTime() - before));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve(process.argv[2]);
