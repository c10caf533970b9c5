// The timeout of calls that have none of their own: PENDINGOP_TIMEOUT, configure({ timeout }). It counts from
// the last progress of a call, so a slow call that makes progress goes on. It holds for files alone: a pipe,
// a socket or a terminal may stay silent for any time.
import { Code } from '../engine/codes';
import { mountTable } from '../engine/mount-table';
import { fstatSync, readFileSync, readlinkSync, statSync } from '../node/original';
import { look, type Seen } from './in-flight';
import type { Call } from './index';

/** A timer may fire up to a millisecond early. */
const EARLY = 1;

/**
 * Codes that the usual timeout does not end: locks and custom ops wait for other programs, not for a file, and a close
 * always happens.
 */
const WAITS_FOR_OTHERS: ReadonlySet<number> = new Set([Code.close, Code.lock, Code.custom]);

/** Returns whether a call of this code gets the timeout. */
export const mayTakeUsual = (code: number): boolean => !WAITS_FOR_OTHERS.has(code);

/**
 * Returns the ms that are left to a call, counted from its last progress, when its deadline has passed. 0:
 * the call has timed out. Infinity: the timeout does not hold for the call.
 */
export function timeLeft(call: Call<unknown>): number {
  const seen = look(call);
  if (seen !== undefined && isEndless(call, seen)) return Infinity;
  const idle = call.driver?.idleMs ?? seen?.idleMs ?? 0;
  if (idle < 0) return 0;
  const left = call.timeout - idle;
  return left <= EARLY ? 0 : left;
}

/** Returns whether the call waits for something that is no file. Asks no file system that may not answer. */
function isEndless(call: Call<unknown>, seen: Seen): boolean {
  try {
    const link = descriptorLink(call, seen);
    if (link === undefined) return false;
    const place = readlinkSync(link);
    if (!place.startsWith('/')) return true;
    const mount = mountTable().entryOf(place);
    if (mount === undefined || mount.remote) return false;
    // A descriptor's link in /proc refers to the open file itself: the kernel walks no path (symlink(7),
    // "Magic links").
    const stats = statSync(link);
    return !(stats.isFile() || stats.isDirectory() || stats.isBlockDevice());
  } catch {
    return call.fd >= 0 && call.fd <= 2 && process.platform !== 'linux' && !fstatSync(call.fd).isFile();
  }
}

/** Matches the system calls whose first argument is the descriptor that they wait for. */
const ON_DESCRIPTOR = /^p?(read|write)/;

/**
 * Returns the link in /proc of the descriptor that the call waits for. The descriptor is the call's own, or
 * one that the worker itself has opened.
 */
function descriptorLink(call: Call<unknown>, { systemCall, thread }: Seen): string | undefined {
  if (call.fd >= 0) return `/proc/self/fd/${call.fd}`;
  if (!ON_DESCRIPTOR.test(systemCall) || thread === 0) return undefined;
  const [, fd] = readFileSync(`/proc/${thread}/syscall`, 'utf8').split(' ');
  return fd === undefined ? undefined : `/proc/${thread}/fd/${Number(fd)}`;
}
