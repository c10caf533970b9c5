// Calls on local files that go on all the time, and the longest time that one of them took.

/** @typedef {{ calls: number, worstMs: number, worst: string, stop: () => Promise<void> }} Healthy */

/**
 * @param {typeof import('node:fs/promises')} fsp
 * @param {string[]} paths
 * @returns {Healthy}
 */
export function startHealthyWork(fsp, paths) {
  let stopped = false;
  /** @type {Healthy} */
  const healthy = {
    calls: 0,
    worstMs: 0,
    worst: '',
    stop: () => {
      stopped = true;
      return running;
    },
  };
  /** @param {string} what @param {Promise<unknown>} call */
  const timed = async (what, call) => {
    const begin = performance.now();
    await call;
    const ms = performance.now() - begin;
    healthy.calls++;
    if (ms > healthy.worstMs) Object.assign(healthy, { worstMs: ms, worst: what });
  };
  const run = async () => {
    for (let i = 0; !stopped; i = (i + 1) % paths.length) {
      await Promise.all([timed('stat', fsp.stat(paths[i])), timed('readFile', fsp.readFile(paths[i]))]);
      // Leaves time on the event loop for the demo's own work.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const running = run();
  return healthy;
}
