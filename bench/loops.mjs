// One slice of N calls in flight: N loops, each of which awaits one call after the other until the time is over. The
// clock is read at every 16th call, so that it does not show in calls of a microsecond.

/**
 * @param {(loop: number) => Promise<unknown>} op
 * @param {number} inFlight
 * @param {number} ms
 * @returns {Promise<number>} calls per second, the drain at the end included
 */
export async function promiseSlice(op, inFlight, ms) {
  let done = 0;
  let stop = false;
  const begin = performance.now();
  const end = begin + ms;
  /** @param {number} loop */
  const run = async (loop) => {
    while (!stop) {
      await op(loop);
      if ((++done & 15) === 0 && performance.now() >= end) stop = true;
    }
  };
  const loops = [];
  for (let loop = 0; loop < inFlight; loop++) loops.push(run(loop));
  await Promise.all(loops);
  return (done * 1000) / (performance.now() - begin);
}

/**
 * @param {(loop: number, done: (error?: Error | null) => void) => void} op
 * @param {number} inFlight
 * @param {number} ms
 * @returns {Promise<number>} calls per second
 */
export function callbackSlice(op, inFlight, ms) {
  return new Promise((resolve, reject) => {
    let done = 0;
    let stop = false;
    let left = inFlight;
    const begin = performance.now();
    const end = begin + ms;
    /** @param {number} loop */
    const run = (loop) => {
      /** @param {Error | null} [error] */
      const next = (error) => {
        if (error) {
          reject(error);
          return;
        }
        if ((++done & 15) === 0 && performance.now() >= end) stop = true;
        if (!stop) op(loop, next);
        else if (--left === 0) resolve((done * 1000) / (performance.now() - begin));
      };
      op(loop, next);
    };
    for (let loop = 0; loop < inFlight; loop++) run(loop);
  });
}
