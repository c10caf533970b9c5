// `mounts`: the file systems that are mounted, how they answer, and what can be done about those that do not.
import diagnostics from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type { PathLike } from 'node:fs';
import { resolve } from 'node:path';
import { drivers } from '../call/driver';
import { expectedMounts } from '../call/expected-mounts';
import { eachInFlight } from '../call/in-flight';
import { pathnameOf } from '../call/pending-op';
import { type NativeMount, native } from '../engine/addon';
import { mountTable } from '../engine/mount-table';
import { settings } from '../engine/settings';
import { isRelative, workingDirectory } from '../util/path-text';
import type { CallOptions } from '../validate/call-options';
import { validPath } from '../validate/path';
import { abort, isFuse } from './abort';
import { Expectations, placeOf, whenAvailable } from './expect';
import { type Health, type HealthOptions, health } from './health';
import { type RequestTimeouts, requestTimeouts } from './request-timeouts';
import { type MountUsage, statfs, type UsageOptions } from './usage';

export type { Health, HealthOptions, MountUsage, RequestTimeouts, UsageOptions };

/** A mounted file system, as it was when it was asked for. */
export interface Mount {
  readonly mountPoint: string;
  /** As the kernel names it: 'ext4', 'nfs4', 'fuse.sshfs'. */
  readonly type: string;
  readonly source: string;
  /**
   * The mildest means that ends most calls that wait there. `signal`: an interrupt alone. `kill`: the end of the call's
   * worker. `abort`: only mounts.abort(), which ends all of them. `none`: nothing but the server.
   */
  readonly canInterrupt: 'signal' | 'kill' | 'abort' | 'none';
  /** Ops of this environment (the main thread, or a worker thread) on it that are in flight, tracked or not. */
  readonly pending: number;
  /**
   * Calls of the process that did not come: abandoned to the kernel, or in it for a second in which no call came back;
   * once it is stalled, those too that were killed or interrupted since one came back.
   */
  readonly stuck: number;
  /** `stalled`: for a second something was asked and nothing came back, and nothing has since. */
  readonly state: 'ok' | 'stalled';
  /**
   * FUSE on Linux 6.15 and later: the time that the kernel gives a daemon that is mounted now for an answer. When it is
   * over, the kernel ends the connection, as abort() does.
   */
  readonly requestTimeouts?: RequestTimeouts;
}

export interface MountEvents {
  /** Nothing has come back for a second of what was asked. */
  'mount-stalled': [mount: Mount];
  /** A call came back. */
  'mount-recovered': [mount: Mount];
  /** One that is expected is not mounted. */
  'mount-missing': [mountPoint: string];
  /** One that was missing is mounted. */
  'mount-available': [mountPoint: string];
}

function canInterrupt({ type, remote }: NativeMount): Mount['canInterrupt'] {
  if (!remote) return 'signal';
  if (settings.killable !== 'never' && native.counts().killable) return 'kill';
  return /^(nfs|fuse)/.test(type) ? 'abort' : 'none';
}

/** How many ops are in flight on each mount, by its id. */
function pendingByMount(): Map<number, number> {
  const table = mountTable();
  const counts = new Map<number, number>();
  const count = (path: string): void => {
    const entry = path === '' ? undefined : table.entryOf(path);
    if (entry !== undefined) counts.set(entry.id, (counts.get(entry.id) ?? 0) + 1);
  };
  eachInFlight((call) => count(pathnameOf(call)));
  for (const { call } of drivers) {
    if (call.state === 'pending') count(pathnameOf(call));
  }
  return counts;
}

/** @internal */
export function describeMount(entry: NativeMount, pending = pendingByMount()): Mount {
  const health = native.health(entry.major, entry.minor);
  const timeouts = isFuse(entry.type) ? requestTimeouts() : undefined;
  return {
    mountPoint: entry.point,
    type: entry.type,
    source: entry.source,
    canInterrupt: canInterrupt(entry),
    pending: pending.get(entry.id) ?? 0,
    stuck: health < 0 ? -1 - health : health,
    state: health < 0 ? 'stalled' : 'ok',
    ...(timeouts !== undefined && { requestTimeouts: timeouts }),
  };
}

const channels = {
  'mount-stalled': diagnostics.channel('pendingop:mount-stalled'),
  'mount-recovered': diagnostics.channel('pendingop:mount-recovered'),
  'mount-missing': diagnostics.channel('pendingop:mount-missing'),
  'mount-available': diagnostics.channel('pendingop:mount-available'),
};

/** Mounts by name: `mounts.list()`. Linux; elsewhere no mount is known. */
class Mounts extends EventEmitter<MountEvents> {
  readonly #stalled = new Set<string>();
  readonly #expected = new Expectations((mountPoint, isThere) => {
    const event = isThere ? 'mount-available' : 'mount-missing';
    this.emit(event, mountPoint);
    if (channels[event].hasSubscribers) channels[event].publish({ type: event, mountPoint });
  });

  constructor() {
    super();
    native.watchMounts(() => this.#tell());
    // Those of PENDINGOP_EXPECT_MOUNTS.
    for (const point of expectedMounts()) this.#expected.add(point);
  }

  /** All that paths lead to, in the kernel's order. Touches none of them. */
  list(): Mount[] {
    const pending = pendingByMount();
    return mountTable().entries.map((entry) => describeMount(entry, pending));
  }

  /**
   * The mount that a path is on, by its text alone: symbolic links are not followed. Throws ERR_MOUNT_UNKNOWN where it
   * is not known, as on other systems than Linux.
   */
  of(path: PathLike): Mount {
    const valid = validPath(path);
    const text = typeof valid === 'string' && isRelative(valid) ? resolve(workingDirectory(), valid) : valid;
    const whole =
      typeof text !== 'string' && isRelative(text)
        ? Buffer.concat([Buffer.from(`${workingDirectory()}/`), text])
        : text;
    const entry = mountTable().entryOf(whole);
    if (entry === undefined) {
      const error: NodeJS.ErrnoException = new Error(`It is not known which mount '${String(path)}' is on`);
      error.code = 'ERR_MOUNT_UNKNOWN';
      throw error;
    }
    return describeMount(entry);
  }

  /**
   * The usage of every mount, asked for in parallel. One that does not answer within `timeout` ms (default: 1000) is
   * marked `stalled`, and never waited for any longer; what was asked of it is interrupted.
   */
  statfs(options?: UsageOptions): Promise<MountUsage[]> {
    return statfs(this.list(), options);
  }

  /**
   * Ends the connection of the file system at `mountPoint`, and with it every call on it, of all processes: FUSE by its
   * connection, NFS as `umount -f` does, and on Linux 6.5 and later by its `shutdown` file, unless other mounts share the superblock. A mount that nothing uses any more
   * may be gone afterwards; one of FUSE answers ENOTCONN, and one of NFS that was shut down EIO, until it is unmounted and
   * mounted again. Never done by itself. Needs the right to: root, or for FUSE its mounting user.
   */
  abort(mountPoint: PathLike): Promise<void> {
    return abort(mountPoint);
  }

  /**
   * From now on calls on `mountPoint` and below fail with ERR_MOUNT_MISSING while nothing is mounted there, instead of
   * finding the bare folder: what is unavailable is not deleted. By the paths' text; calls on handles go on. Returns a
   * function that takes it back. `mount-missing` and `mount-available` tell when it goes and comes, within 250 ms.
   *
   * @example
   * ```ts
   * import { mounts } from 'pendingop';
   * import { readdir } from 'pendingop/fs/promises';
   * mounts.expect('/media/photos');
   * await readdir('/media/photos'); // rejects with ERR_MOUNT_MISSING while the drive is not there
   * ```
   */
  expect(mountPoint: PathLike): () => void {
    return this.#expected.add(placeOf(mountPoint, 'mountPoint'));
  }

  /**
   * Resolves with the mount that `path` is on once it is there, where it is expected, and answers. Listed as an op;
   * ends by `signal`, `timeout` (ms) and interrupt().
   */
  async whenAvailable(path: PathLike, options?: CallOptions): Promise<Mount> {
    await whenAvailable(path, options);
    return this.of(path);
  }

  /**
   * Whether the mounts that a program depends on answer: those of `paths`, or every one that depends on a server or a
   * daemon. For a readiness probe; never takes much longer than `timeout` (ms, default: 1000). A path whose mount is not
   * known is an error, as with of().
   *
   * @example
   * ```ts
   * import { mounts } from 'pendingop';
   * const { ok } = await mounts.health({ paths: ['/mnt/nas'], timeout: 500 });
   * ```
   */
  health(options?: HealthOptions): Promise<Health> {
    return health(
      () => this.list(),
      (path) => this.of(path),
      options,
    );
  }

  #tell(): void {
    for (const entry of mountTable().entries) {
      const isStalled = native.health(entry.major, entry.minor) < 0;
      const key = `${entry.major}:${entry.minor} ${entry.point}`;
      if (isStalled === this.#stalled.has(key)) continue;
      if (isStalled) this.#stalled.add(key);
      else this.#stalled.delete(key);
      const event = isStalled ? 'mount-stalled' : 'mount-recovered';
      const mount = describeMount(entry);
      this.emit(event, mount);
      if (channels[event].hasSubscribers) channels[event].publish({ type: event, mount });
    }
  }
}

export type { Mounts };
export const mounts = new Mounts();
