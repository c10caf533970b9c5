// The timeout of calls that have none of their own: PENDINGOP_TIMEOUT, configure({ timeout }). It ends what does not get
// on: it counts from the last progress, and only on files. A pipe, a socket, a terminal may have nothing to say for
// as long as it likes.
import { mountTable } from '../engine/mount-table';
import { fstatSync, readFileSync, readlinkSync, statSync } from '../node/original';
import { look, type Seen } from './in-flight';
import type { Call } from './index';

/** Timers may fire up to a millisecond early. */
const EARLY = 1;

/** ms that are left to a call whose time is over, going by its beginning. 0: none. Infinity: it needs no timeout. */
export function timeLeft(call: Call<unknown>): number {
  const seen = look(call);
  if (seen !== undefined && isEndless(call, seen)) return Infinity;
  const idle = call.driver?.idleMs ?? seen?.idleMs ?? 0;
  if (idle < 0) return 0;
  const left = call.timeout - idle;
  return left <= EARLY ? 0 : left;
}

/** Whether it waits for what is no file. Asks the kernel alone, and never a file system that may not answer. */
function isEndless(call: Call<unknown>, seen: Seen): boolean {
  try {
    const link = descriptorLink(call, seen);
    if (link === undefined) return false;
    const place = readlinkSync(link);
    if (!place.startsWith('/')) return true;
    const mount = mountTable().entryOf(place);
    if (mount === undefined || mount.remote) return false;
    // A link of /proc leads to the file itself: no path is walked.
    const stats = statSync(link);
    return !(stats.isFile() || stats.isDirectory() || stats.isBlockDevice());
  } catch {
    return call.fd >= 0 && call.fd <= 2 && process.platform !== 'linux' && !fstatSync(call.fd).isFile();
  }
}

/** The system calls whose first argument is the descriptor that they wait for. */
const ON_DESCRIPTOR = /^p?(read|write)/;

/** The descriptor that it waits for, of the process, or of its worker: it may have opened it itself. */
function descriptorLink(call: Call<unknown>, { systemCall, thread }: Seen): string | undefined {
  if (call.fd >= 0) return `/proc/self/fd/${call.fd}`;
  if (!ON_DESCRIPTOR.test(systemCall) || thread === 0) return undefined;
  const [, fd] = readFileSync(`/proc/${thread}/syscall`, 'utf8').split(' ');
  return fd === undefined ? undefined : `/proc/${thread}/fd/${Number(fd)}`;
}
