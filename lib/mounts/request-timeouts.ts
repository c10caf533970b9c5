// How long the kernel waits for answers of FUSE daemons (Linux 6.15 and later).
import { readFileSync } from '../node/original';

/** The kernel's limits for answers of FUSE daemons, in ms; 0: no limit. */
export interface RequestTimeouts {
  /** The limit for a daemon that has not asked for one. */
  readonly default: number;
  /** The limit for any daemon, whatever it has asked for. */
  readonly max: number;
}

const FOLDER = '/proc/sys/fs/fuse';

function secondsIn(file: string): number | undefined {
  try {
    const seconds = Number.parseInt(readFileSync(file, 'latin1'), 10);
    return Number.isNaN(seconds) ? undefined : seconds;
  } catch {
    return undefined;
  }
}

/**
 * Returns the limits that a FUSE file system gets if it is mounted now; undefined: this kernel has none. The kernel
 * answers from its memory.
 */
export function requestTimeouts(folder = FOLDER): RequestTimeouts | undefined {
  const usual = secondsIn(`${folder}/default_request_timeout`);
  const most = secondsIn(`${folder}/max_request_timeout`);
  if (usual === undefined || most === undefined) return undefined;
  return { default: usual * 1000, max: most * 1000 };
}
