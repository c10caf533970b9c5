// `mounts`: the mounted file systems, how they answer, and how to deal with those that do not.
import diagnostics from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type { PathLike } from 'node:fs';
import { resolve, sep } from 'node:path';
import { drivers } from '../call/driver';
import { expectedMounts } from '../call/expected-mounts';
import { eachInFlight } from '../call/in-flight';
import { wholePathOf } from '../call/pending-op';
import { type NativeMount, native } from '../engine/addon';
import { mountAt, mountTable, pathOfMount } from '../engine/mount-table';
import { settings } from '../engine/settings';
import { isRelative, textOf, workingDirectory } from '../node/path-text';
import { isWindows } from '../node/windows';
import type { CallOptions } from '../validate/call-options';
import { validPath } from '../validate/path';
import { abort, isFuse } from './abort';
import { Expectations, placeOf, whenAvailable } from './expect';
import { type Health, type HealthOptions, health } from './health';
import { type RequestTimeouts, requestTimeouts } from './request-timeouts';
import { type MountUsage, statfs, type UsageOptions } from './usage';

export type { Health, HealthOptions, MountUsage, RequestTimeouts, UsageOptions };

/** A mounted file system, at the time when it was asked for. */
export interface Mount {
  /** The mount point: an absolute path. If its name is no UTF-8, bytes are replaced by U+FFFD: see `path`. */
  readonly mountPoint: string;
  /** The mount point as all functions take it: a Buffer if its name is no UTF-8, otherwise `mountPoint`. */
  readonly path: string | Buffer;
  /** The type as the kernel names it, for instance 'ext4', 'nfs4' or 'fuse.sshfs'. */
  readonly type: string;
  /** What is mounted: a device, a server's path, or whatever the kernel has there. */
  readonly source: string;
  /** Whether calls on it depend on a server or a daemon, which may never answer. */
  readonly remote: boolean;
  /**
   * The mildest means that ends most calls that wait on the mount. `signal`: an interrupt is enough. `kill`: the worker
   * of the call has to be killed. `abort`: only mounts.abort() ends them, all at once. `none`: only an answer of the
   * server does.
   */
  readonly canInterrupt: 'signal' | 'kill' | 'abort' | 'none';
  /**
   * The number of ops in flight on the mount, tracked or not, of this environment (the main thread, or one worker
   * thread).
   */
  readonly pending: number;
  /**
   * The number of calls of the process that have not come back: calls that were abandoned, and calls that have been in
   * the kernel for a second during which no call came back. On a stalled mount it includes the calls that were killed
   * or interrupted since the last call came back.
   */
  readonly stuck: number;
  /** `stalled`: calls waited for a second and none came back, and none has since. `ok`: otherwise. */
  readonly state: 'ok' | 'stalled';
  /**
   * FUSE on Linux 6.15 and later: how long the kernel waits for an answer of a daemon that is mounted now. When the
   * time is over, the kernel ends the connection, as abort() does.
   */
  readonly requestTimeouts?: RequestTimeouts;
}

/** The events of `mounts`. Each is also published on a diagnostics channel: `pendingop:mount-stalled` and so on. */
export interface MountEvents {
  /** Calls waited on the mount for a second, and none came back. */
  'mount-stalled': [mount: Mount];
  /** A call on a stalled mount came back. */
  'mount-recovered': [mount: Mount];
  /** Nothing is mounted any more at a mount point where a file system is expected. `path` is as that of {@link Mount}. */
  'mount-missing': [mountPoint: string, path: string | Buffer];
  /** A file system that was missing is mounted. */
  'mount-available': [mountPoint: string, path: string | Buffer];
}

function canInterrupt({ type, remote }: NativeMount): Mount['canInterrupt'] {
  if (!remote) return 'signal';
  if (isWindows) return type === 'program' ? 'none' : 'signal';
  if (settings.killable !== 'never' && native.counts().killable) return 'kill';
  return /^(nfs|fuse)/.test(type) ? 'abort' : 'none';
}

/** Returns the number of ops in flight on each mount, by the id of the mount. */
function pendingByMount(): Map<number, number> {
  const table = mountTable();
  const counts = new Map<number, number>();
  const count = (path: string | Uint8Array): void => {
    const entry = path === '' ? undefined : table.entryOf(path);
    if (entry !== undefined) counts.set(entry.id, (counts.get(entry.id) ?? 0) + 1);
  };
  eachInFlight((call) => count(wholePathOf(call)));
  for (const { call } of drivers) {
    if (call.state === 'pending') count(wholePathOf(call));
  }
  return counts;
}

/** @internal */
export function describeMount(entry: NativeMount, pending = pendingByMount()): Mount {
  const health = native.health(entry.major, entry.minor);
  const timeouts = isFuse(entry.type) ? requestTimeouts() : undefined;
  return {
    mountPoint: entry.point,
    path: pathOfMount(entry),
    type: entry.type,
    source: entry.source,
    remote: entry.remote,
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

/**
 * The mounted file systems: how they answer, and how to deal with those that do not. There is one object of this class,
 * `mounts`. On systems other than Linux and Windows no mount is known.
 */
class Mounts extends EventEmitter<MountEvents> {
  readonly #stalled = new Set<string>();
  readonly #expected = new Expectations((path, isThere) => {
    const event = isThere ? 'mount-available' : 'mount-missing';
    const mountPoint = textOf(path);
    this.emit(event, mountPoint, path);
    if (channels[event].hasSubscribers) channels[event].publish({ type: event, mountPoint, path });
  });

  /** There is one object of this class, `mounts`. */
  constructor() {
    super();
    native.watchMounts(() => this.#tell());
    // The mounts of PENDINGOP_EXPECT_MOUNTS.
    for (const point of expectedMounts()) this.#expected.add(point);
  }

  /**
   * Lists the mounts that paths can lead to, in the kernel's order. Touches none of them. Empty on systems other than
   * Linux and Windows.
   *
   * @example
   * ```ts
   * import { mounts } from 'pendingop';
   * for (const { mountPoint, stuck } of mounts.list()) if (stuck > 0) console.log(`${stuck} calls wait on ${mountPoint}`);
   * ```
   */
  list(): Mount[] {
    const pending = pendingByMount();
    return mountTable().entries.map((entry) => describeMount(entry, pending));
  }

  /**
   * Finds the mount that a path is on, by the text of the path: symbolic links are not followed, and the disk is not
   * touched.
   *
   * @param path - a string, a Buffer or a `file:` URL; a relative path begins at the working directory
   * @throws ERR_MOUNT_UNKNOWN if no mount is known for the path, as on systems other than Linux and Windows
   * @example
   * ```ts
   * import { mounts } from 'pendingop';
   * if (mounts.of('/mnt/nas/photos').state === 'stalled') console.warn('the share does not answer');
   * ```
   */
  of(path: PathLike): Mount {
    const valid = validPath(path);
    const text = typeof valid === 'string' && isRelative(valid) ? resolve(workingDirectory(), valid) : valid;
    const whole =
      typeof text !== 'string' && isRelative(text)
        ? Buffer.concat([Buffer.from(workingDirectory() + sep), text])
        : text;
    mountTable();
    const entry = mountAt(whole);
    if (entry === undefined) {
      const why =
        process.platform === 'linux' || isWindows
          ? 'mounts.list() lists the known mounts'
          : 'mounts are known on Linux and Windows only';
      const error: NodeJS.ErrnoException = new Error(
        `The mount that '${String(path)}' is on is not known: ${why}`,
      );
      error.code = 'ERR_MOUNT_UNKNOWN';
      throw error;
    }
    return describeMount(entry);
  }

  /**
   * Asks every mount for its usage, all at the same time: a `df` that does not hang. If a mount does not answer in
   * time, it is marked `stalled` and the call on it is interrupted.
   *
   * @param options.timeout - ms for each mount. Default: 1000
   * @returns a promise of the usage of each mount; it does not reject if one fails
   * @example
   * ```ts
   * import { mounts } from 'pendingop';
   * for (const { mountPoint, used, size, stalled } of await mounts.statfs({ timeout: 500 })) {
   *   console.log(mountPoint, stalled ? 'stalled' : `${used} of ${size} bytes`);
   * }
   * ```
   */
  statfs(options?: UsageOptions): Promise<MountUsage[]> {
    return statfs(this.list(), options);
  }

  /**
   * Ends the connection of the file system at `mountPoint`, and with it every call on it, of all processes. FUSE: by
   * its connection. NFS: as `umount -f` does; NFS 4 on Linux 6.5 and later also by its `shutdown` file, unless other
   * mounts share the superblock. The package never does this by itself.
   *
   * If nothing uses the mount any more, it may be gone afterwards. Otherwise FUSE answers ENOTCONN, and an NFS mount
   * that was shut down answers EIO, until it is unmounted and mounted again. Only root may do it, and for FUSE the user
   * who mounted it.
   *
   * @param mountPoint - the mount point: a string, a Buffer or a `file:` URL
   * @throws as rejections, errors with these codes: EINVAL, nothing is mounted there; EPERM, the right is missing;
   *   ENOTSUP, nothing would free a call on a file system of this type; ERR_PENDINGOP_NO_ADDON without an addon
   * @example
   * ```ts
   * import { mounts } from 'pendingop';
   * mounts.on('mount-stalled', ({ path, type }) => {
   *   if (type.startsWith('fuse')) mounts.abort(path).catch(console.error);
   * });
   * ```
   */
  abort(mountPoint: PathLike): Promise<void> {
    return abort(mountPoint);
  }

  /**
   * Declares that a file system is to be mounted at `mountPoint`. While none is, calls on that path and below it fail
   * with ERR_MOUNT_MISSING instead of finding the bare folder, so that a program does not take unavailable files for
   * deleted ones. Calls are judged by the text of their paths; calls on handles go on. The events `mount-missing` and
   * `mount-available` come within 250 ms.
   *
   * @param mountPoint - the mount point: a string, a Buffer or a `file:` URL
   * @returns a function that takes the declaration back
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
   * Waits until the mount that `path` is on answers. If a mount is expected there, first waits until it is mounted.
   * Listed as an op.
   *
   * @param path - a string, a Buffer or a `file:` URL
   * @param options - `timeout` (ms) and `signal`, which end the wait as interrupt() does
   * @returns a promise of the mount
   * @throws as rejections: TimeoutError, AbortError, InterruptError; ERR_MOUNT_UNKNOWN if no mount is known for the path
   * @example
   * ```ts
   * import { mounts } from 'pendingop';
   * await mounts.whenAvailable('/mnt/nas', { timeout: 60_000 });
   * ```
   */
  async whenAvailable(path: PathLike, options?: CallOptions): Promise<Mount> {
    await whenAvailable(path, options);
    return this.of(path);
  }

  /**
   * Tells whether the mounts that a program depends on answer, for a readiness probe. It takes hardly longer than
   * `timeout`.
   *
   * @param options.paths - paths on the mounts that are asked. Default: every mount that depends on a server or a
   *   daemon, or is expected
   * @param options.timeout - ms for each mount. Default: 1000
   * @throws as a rejection: ERR_MOUNT_UNKNOWN for a path whose mount is not known
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
      const key = `${entry.major}:${entry.minor} ${entry.bytes}`;
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
/** The mounted file systems: how they answer, and how to deal with those that do not. */
export const mounts = new Mounts();
