// The calls that stall. Both sides of the demo make the same calls, each with its own module.

import { constants } from 'node:fs';

/** @typedef {typeof import('node:fs/promises')} Fsp */
/** @typedef {import('node:fs/promises').FileHandle} FileHandle */
/** @typedef {{ fifo: FileHandle, file: FileHandle | null }} Handles */

/**
 * Opens the handles, before anything stalls.
 * @param {Fsp} fsp
 * @param {import('./scene.mjs').Places} places
 * @returns {Promise<Handles>}
 */
export async function openHandles(fsp, places) {
  // Opened for reading and writing, so that a read finds neither data nor the end of the file.
  const fifo = await fsp.open(places.silentFifo, constants.O_RDWR);
  return { fifo, file: places.slow ? await fsp.open(`${places.slow}/open-before`, 'r') : null };
}

/**
 * @param {Fsp} fsp
 * @param {import('./scene.mjs').Places} places
 * @param {Handles} handles
 * @returns {Promise<unknown>[]} the calls, started
 */
export function startStalledCalls(fsp, { lonelyFifo, lockedFile, slow, dead }, { fifo, file }) {
  const buffer = () => Buffer.alloc(4096);
  const calls = [
    ...times(slow ? 5 : 12, () => fsp.open(lonelyFifo, 'r')),
    ...times(slow ? 2 : 6, () => fsp.readFile(lonelyFifo)),
    ...times(slow ? 4 : 8, () => fifo.read(buffer(), 0, 4096, null)),
    ...times(lockedFile ? 3 : 0, () => fsp.open(lockedFile, 'r')),
  ];
  if (!slow || !file) return calls;
  // Each call has a name of its own: the kernel makes a second look-up of a name wait for the first.
  return [
    ...calls,
    ...times(4, (i) => fsp.stat(`${slow}/file-${i}`)),
    ...times(4, (i) => fsp.open(`${slow}/file-${i + 4}`, 'r')),
    ...times(4, (i) => fsp.readdir(`${slow}/directory-${i}`)),
    ...times(5, (i) => file.read(buffer(), 0, 4096, i * 4096)),
    ...times(3, (i) => fsp.stat(`${dead}/file-${i}`)),
    ...times(2, (i) => fsp.readFile(`${dead}/file-${i + 4}`)),
    ...times(2, (i) => fsp.readdir(`${dead}/directory-${i}`)),
  ];
}

/**
 * @template T
 * @param {number} count
 * @param {(index: number) => T} make
 */
function times(count, make) {
  return Array.from({ length: count }, (_, i) => make(i));
}
