// The time that the kernel gives FUSE daemons for an answer: Linux 6.15 and later.
import { readFileSync } from '../node/original';

/** The kernel's limits for the answers of FUSE daemons, in ms; 0: none. */
export interface RequestTimeouts {
  /** For a daemon that has not asked for a limit. */
  readonly default: number;
  /** For any daemon, whatever it has asked for. */
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

/** Those that a FUSE file system is mounted with now; undefined: the kernel has none. From the kernel's own memory. */
export function requestTimeouts(folder = FOLDER): RequestTimeouts | undefined {
  const usual = secondsIn(`${folder}/default_request_timeout`);
  const most = secondsIn(`${folder}/max_request_timeout`);
  if (usual === undefined || most === undefined) return undefined;
  return { default: usual * 1000, max: most * 1000 };
}
