// Writes V8's code cache of the joined files (load.ts) into the folder of the package: once the program has run for a
// while or ends, since the cache has what was compiled by then.
import { dirname, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { atExit } from '../node/at-exit';
import { original } from '../node/original';
import { wallTime } from '../util/clock';
import { once } from '../util/once';
import { clearTimeout, setTimeout } from '../util/timers';
import type { Keeping } from './load';

const fs = original as unknown as typeof import('node:fs');

/**
 * ms. Programs that live longer have made the calls that they make most. The files were read as recently, so their disk
 * answers: an end that came later would have to wait for a disk that does not.
 */
const WHILE = 1000;

/**
 * Returns whether the package with this cache is this user's. Whoever else runs it compiles its files each time, if
 * nobody did before. It may be another copy than that of this module (engine/copies.ts).
 */
function mayWrite({ path }: Keeping): boolean {
  const user = process.geteuid?.();
  // <package>/.cache/<version of Node>/<name>
  return isMainThread && (user === undefined || fs.statSync(join(path, '../../..')).uid === user);
}

/** ms. Of programs that run with different flags by turns, one writes the cache in this time, and not each. */
const DAY = 86_400_000;

const isFresh = (path: string): boolean => wallTime() - fs.statSync(path).mtimeMs < DAY;

function write({ path, data, text, processes, isRejected }: Keeping): void {
  if (isRejected && isFresh(path)) return;
  const made = data();
  const making = `${path}.${process.pid}`;
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  try {
    // load.ts says what the bytes are.
    fs.writeFileSync(making, Buffer.concat([made, made, text, Buffer.of(processes + 1)]), {
      flag: 'wx',
      mode: 0o644,
    });
    fs.renameSync(making, path);
  } catch (error) {
    fs.rmSync(making, { force: true });
    throw error;
  }
}

/** Writes the caches of these files after a while, or when the process ends. */
export function keepLater(all: readonly Keeping[]): void {
  const keep = once(() => {
    clearTimeout(timer);
    try {
      all.filter(mayWrite).forEach(write);
    } catch {
      // The folder cannot be written to, or the disk is full.
    }
  });
  const timer = setTimeout(keep, WHILE);
  timer.unref();
  atExit(keep);
}
