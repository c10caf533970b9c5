// The other side of the demo, in a process of its own: the same calls with plain node:fs/promises. It reports
// what happens over its IPC channel, which needs none of libuv's threads.

import fsp from 'node:fs/promises';
import { openHandles, startStalledCalls } from './calls.mjs';

const patienceMs = 2000;

/** @param {object} message */
const say = (message) => new Promise((resolve) => process.send?.(message, resolve));

process.once('message', async (/** @type {import('./scene.mjs').Places} */ places) => {
  const handles = await openHandles(fsp, places);
  process.once('message', () => run(places, handles));
  await say({ state: 'ready' });
});
await say({ state: 'up' });

/** @param {import('./scene.mjs').Places} places @param {import('./calls.mjs').Handles} handles */
async function run(places, handles) {
  let settled = 0;
  const count = () => {
    settled++;
  };
  const calls = startStalledCalls(fsp, places, handles);
  for (const call of calls) call.then(count, count);
  const begin = performance.now();
  const late = new Promise((resolve) => setTimeout(resolve, patienceMs, 'late'));
  const first = await Promise.race([fsp.stat(places.locals[0]), late]);
  const localMs = performance.now() - begin;
  await say({ state: 'told', calls: calls.length, settled, localHangs: first === 'late', localMs });
  process.exit(0);
}
