// What a process waits for, in sentences: the place, how many threads of Node's pool wait there, and what that holds
// up.
import { ageText } from '../screen/units';
import type { ProcessView, Wait } from './waits';

export interface Verdict {
  /** The mount point; if no remote mount is to blame, the file. */
  readonly place: string;
  readonly threads: number;
  readonly poolThreads: number;
  /** ms of the oldest wait. */
  readonly ms: number | undefined;
  readonly text: string;
  /** What can be done: commands or sentences. */
  readonly advice: readonly string[];
}

const REMOTE =
  /^(nfs4?|cifs|smb3|smbfs|9p|ceph|afs|virtiofs|fuse(\..*|blk|ctl)?|autofs|glusterfs|lustre|ocfs2|gfs2)$/;

export const isRemoteType = (type: string): boolean => REMOTE.test(type) && type !== 'fusectl';

/** Says what a wait on a file is for, if no remote mount is to blame. */
function reasonOf({ thread, file }: Wait): string {
  const { wchan, call } = thread;
  if (/^wait_for_partner/.test(wchan)) return 'a FIFO whose other end nobody has opened';
  if (/pipe_read/.test(wchan) || (file?.startsWith('pipe:') && call === 'read'))
    return 'a pipe that nobody writes to';
  if (/pipe_write/.test(wchan)) return 'a pipe that nobody reads';
  if (file?.startsWith('socket:')) return 'a socket';
  if (/^(flock|fcntl)$/.test(call ?? '')) return 'a lock that somebody else holds';
  if (file !== undefined && /^\/dev\/(pts|tty)/.test(file)) return 'a terminal';
  return 'a file';
}

/** Returns the place of a wait: its remote mount, or else its file. */
function placeOf(wait: Wait): string {
  const { mount, file, fd, thread } = wait;
  if (mount !== undefined && isRemoteType(mount.type)) return mount.mountPoint;
  if (file !== undefined) return file;
  if (fd !== undefined) return `descriptor ${fd}`;
  if (mount !== undefined) return mount.mountPoint;
  return thread.call === undefined || thread.call === '' ? thread.wchan || 'the kernel' : thread.call;
}

function describePlace(place: string, waits: readonly Wait[], ms: number | undefined): string {
  const [first] = waits as [Wait];
  const age = ms === undefined ? '' : ` for ${ageText(ms)}`;
  const { mount } = first;
  if (mount !== undefined && isRemoteType(mount.type)) {
    const server = mount.type.startsWith('fuse') ? 'its daemon' : 'server';
    const guess = first.mountGuessed ? 'most likely on ' : 'on ';
    return `${guess}${place} (${mount.type}, ${server} not answering${age})`;
  }
  return `on ${place} (${reasonOf(first)}${age})`;
}

function held(pool: number, size: number, loop: boolean): string {
  const effects: string[] = [];
  if (loop) effects.push('nothing else runs in this process: no timer, no request, no callback');
  if (pool >= size) effects.push('every fs call and dns.lookup of this process waits');
  else if (pool > 0) effects.push(`${size - pool} of ${size} are left for all other fs calls and dns.lookup`);
  return effects.join('; ');
}

const threadsText = (count: number): string => (count === 1 ? '1 thread waits' : `${count} threads wait`);

function subject(waits: readonly Wait[], size: number): string {
  const count = (role: Wait['role']): number => waits.filter((wait) => wait.role === role).length;
  const parts: string[] = [];
  if (count('loop') > 0) parts.push('the event loop');
  const pool = count('pool');
  if (pool > 0) parts.push(`${pool} of ${size} pool threads`);
  const ours = count('pendingop');
  if (ours > 0) parts.push(`${ours} worker${ours === 1 ? '' : 's'} of pendingop`);
  if (parts.length === 0) return threadsText(waits.length);
  const verb = parts.length === 1 && (count('loop') > 0 || pool + ours === 1) ? 'waits' : 'wait';
  const text = `${parts.join(' and ')} ${verb}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function adviceFor(
  place: string,
  waits: readonly Wait[],
  pool: number,
  controlled: number | undefined,
): string[] {
  const [{ mount, thread, file }] = waits as [Wait];
  const advice: string[] = [];
  if (controlled !== undefined && place.startsWith('/') && waits.some(({ role }) => role === 'pendingop'))
    advice.push(`npx pendingop interrupt ${controlled} ${shellWord(place)}   ends these calls alone`);
  if (mount !== undefined && /^(fuse|nfs)/.test(mount.type)) {
    advice.push(
      `npx pendingop abort ${shellWord(place)}   ends every call that waits there, of all processes`,
    );
  } else if (mount !== undefined && /^(cifs|smb3)$/.test(mount.type)) {
    advice.push('Nothing frees these calls but the server, or the end of the process');
  } else if (/^wait_for_partner/.test(thread.wchan) && file !== undefined) {
    advice.push(`: <> ${shellWord(file)}   opens both ends of the FIFO for a moment, which frees who waits`);
  }
  if (pool > 0)
    advice.push('npx pendingop run -- node app.js   next time: such calls can be listed and interrupted');
  return advice;
}

export const shellWord = (text: string): string =>
  /^[\w./@+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Returns a verdict for each place, the one with the most threads first; none if nothing waits. `controlled`: the
 * process has a control socket.
 */
export function verdictsOf(view: ProcessView, controlled: boolean): Verdict[] {
  const places = groupBy(view.waits);
  const verdicts = [...places].map(([place, waits]): Verdict => {
    const ages = waits.flatMap(({ thread }) => thread.waitedMs ?? []);
    const ms = ages.length === 0 ? undefined : Math.max(...ages);
    const poolThreads = waits.filter(({ role }) => role === 'pool').length;
    const effect = held(
      poolThreads,
      view.poolSize,
      waits.some(({ role }) => role === 'loop'),
    );
    const text = `${subject(waits, view.poolSize)} ${describePlace(place, waits, ms)}${effect && `: ${effect}`}.`;
    return {
      place,
      threads: waits.length,
      poolThreads,
      ms,
      text,
      advice: adviceFor(place, waits, poolThreads, controlled ? view.pid : undefined),
    };
  });
  return verdicts.sort((a, b) => b.poolThreads - a.poolThreads || b.threads - a.threads);
}

function groupBy(waits: readonly Wait[]): Map<string, Wait[]> {
  const groups = new Map<string, Wait[]>();
  for (const wait of waits) {
    const place = placeOf(wait);
    groups.set(place, [...(groups.get(place) ?? []), wait]);
  }
  return groups;
}
