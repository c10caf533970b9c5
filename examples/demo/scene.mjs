// The files of the demo, in a temporary folder: FIFOs that nobody writes to, local files, and, where FUSE is available,
// a mount whose daemon stops answering.
//
//   stalled/lonely-fifo     nobody opens it for writing, so opening it for reading waits
//   stalled/silent-fifo     open for reading and writing, but nobody writes: reading it waits
//   stalled/locked-file     another program holds a lease on it: opening it waits
//   stalled/mount/slow/     the daemon does not answer, but ends a request that the kernel interrupts (INTERRUPT)
//   stalled/mount/dead/     the daemon reads requests, never answers, and ignores INTERRUPT
//   local/                  plain files

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { holdLock } from './held-lock.mjs';
import { StalledMount, whyNoMount } from './stalled-mount.mjs';

/**
 * @typedef {object} Places  the paths, which the process with plain fs.promises gets as well
 * @property {string} stalled
 * @property {string} lonelyFifo
 * @property {string} silentFifo
 * @property {string} lockedFile  '' without a lock
 * @property {string} slow  '' without a mount
 * @property {string} dead  '' without a mount
 * @property {string[]} locals
 */
/**
 * @typedef {object} Scene
 * @property {Places} places
 * @property {StalledMount | null} mount
 * @property {string} noMount  why there is no mount
 * @property {string} noLock  why there is no lock
 * @property {() => Promise<void>} hang    makes the daemon answer nothing more in slow/ and dead/
 * @property {() => Promise<void>} endMount
 */

const perDirectory = 8;

/** Makes the files. They are removed however this process ends. @returns {Promise<Scene>} */
export async function makeScene() {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'pendingop-demo-'));
  const stalled = join(folder, 'stalled');
  const mountPoint = join(stalled, 'mount');
  /** @type {StalledMount | null} */
  let mount = null;
  let endLock = () => {};
  const remove = () => {
    mount?.endNow();
    endLock();
    // Nothing below a mount is removed: if the mount is still there, rmdir fails, and the folder stays.
    try {
      fs.rmdirSync(mountPoint);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') return;
    }
    fs.rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  fs.mkdirSync(mountPoint, { recursive: true });
  /** @type {Places} */
  const places = {
    stalled,
    lonelyFifo: join(stalled, 'lonely-fifo'),
    silentFifo: join(stalled, 'silent-fifo'),
    lockedFile: join(stalled, 'locked-file'),
    slow: '',
    dead: '',
    locals: makeLocals(join(folder, 'local')),
  };
  execFileSync('mkfifo', [places.lonelyFifo, places.silentFifo]);
  const lock = await holdLock(folder, places.lockedFile);
  endLock = lock.end;
  if (lock.why) places.lockedFile = '';
  const noMount = whyNoMount(mountPoint);
  if (!noMount) {
    mount = new StalledMount(makeBacking(join(folder, 'backing')), mountPoint);
    await mount.mounted;
    places.slow = join(mountPoint, 'slow');
    places.dead = join(mountPoint, 'dead');
  }
  return {
    places,
    mount,
    noMount,
    noLock: lock.why,
    hang: () => hang(mount),
    endMount: async () => mount?.end(),
  };
}

/** @param {StalledMount | null} mount */
async function hang(mount) {
  await mount?.tell('hold honour path=/slow/');
  await mount?.tell('hold ignore path=/dead/');
}

/** @param {string} folder */
function makeLocals(folder) {
  fs.mkdirSync(folder);
  return Array.from({ length: 4 }, (_, i) => {
    const path = join(folder, `healthy-${i}.txt`);
    fs.writeFileSync(path, 'well\n'.repeat(800));
    return path;
  });
}

/** Makes the files behind the mount. @param {string} folder */
function makeBacking(folder) {
  for (const name of ['slow', 'dead']) {
    for (let i = 0; i < perDirectory; i++) {
      fs.mkdirSync(join(folder, name, `directory-${i}`), { recursive: true });
      fs.writeFileSync(join(folder, name, `file-${i}`), 'x'.repeat(64 * 1024));
    }
    fs.writeFileSync(join(folder, name, 'open-before'), 'x'.repeat(64 * 1024));
  }
  return folder;
}
