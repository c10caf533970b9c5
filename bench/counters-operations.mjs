// The calls of the case `counters`.

const buffer = Buffer.alloc(64);

/**
 * @typedef {object} Operation
 * @property {string} name
 * @property {boolean} inline  of configure()
 * @property {number} inFlight
 * @property {(fsp: typeof import('pendingop/fs/promises'), path: string, handle: import('node:fs/promises').FileHandle)
 *   => Promise<unknown>} call
 */

/** @type {Operation[]} */
export const operations = [
  {
    name: 'stat, answered without a worker, 16 in flight',
    inline: true,
    inFlight: 16,
    call: (fsp, path) => fsp.stat(path),
  },
  {
    name: 'stat by a worker, 64 in flight',
    inline: false,
    inFlight: 64,
    call: (fsp, path) => fsp.stat(path),
  },
  {
    name: 'readFile by a worker, 64 in flight',
    inline: false,
    inFlight: 64,
    call: (fsp, path) => fsp.readFile(path),
  },
  {
    name: 'handle.read by a worker, 64 in flight',
    inline: false,
    inFlight: 64,
    call: (_, __, handle) => handle.read(buffer, 0, 7, 0),
  },
  {
    name: 'access by a worker, one at a time',
    inline: false,
    inFlight: 1,
    call: (fsp, path) => fsp.access(path),
  },
];
