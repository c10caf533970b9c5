// What a process waits for, in sentences: the place, how many threads of Node's pool wait there, and what that holds
// up.
import { printable } from '../screen/style';
import { ageText } from '../screen/units';
import { adviceFor } from './advice';
import { remoteBeneath } from './beneath';
import type { Wait } from './find';
import type { ProcessView } from './look';
import type { MountEntry, MountList } from './mount-list';
import { isRemoteType } from './remote';

export interface Verdict {
  /** The mount point; if no remote mount is to blame, the file; of a process that cannot run `(stopped)` and the like. */
  readonly place: string;
  readonly threads: number;
  readonly poolThreads: number;
  /** ms of the oldest wait; undefined: the kernel does not tell. */
  readonly ms: number | undefined;
  readonly text: string;
  /** What can be done: commands or sentences. */
  readonly advice: readonly string[];
}

const FILE = 'a file';

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
  return FILE;
}

/**
 * Returns the remote mount that a wait is for: its own, or one beneath that, unless the wait is for something that no
 * file system answers.
 */
function remoteOf(wait: Wait, mounts: MountList): MountEntry | undefined {
  const { mount } = wait;
  if (mount === undefined || isRemoteType(mount.type)) return mount;
  return reasonOf(wait) === FILE ? remoteBeneath(mount, mounts) : undefined;
}

/** Returns the place of a wait: its mount, if that is remote or made of what is, or else its file. */
function placeOf(wait: Wait, mounts: MountList): string {
  const { mount, file, fd, thread } = wait;
  if (mount !== undefined && remoteOf(wait, mounts) !== undefined) return mount.mountPoint;
  if (file !== undefined) return file;
  if (fd !== undefined) return `descriptor ${fd}`;
  if (mount !== undefined) return mount.mountPoint;
  return thread.call === undefined || thread.call === '' ? thread.wchan || 'the kernel' : thread.call;
}

const longestOf = (waits: readonly Wait[]): Wait =>
  waits.reduce((most, wait) => (wait.waitedMs > most.waitedMs ? wait : most));

/** Returns how long a wait has lasted, as text. */
export const ageOf = ({ waitedMs, atLeast }: Pick<Wait, 'waitedMs' | 'atLeast'>): string =>
  `${atLeast ? 'at least ' : ''}${ageText(waitedMs)}`;

function describePlace(name: string, waits: readonly Wait[], remote: MountEntry | undefined): string {
  const [first] = waits as [Wait];
  const place = printable(name);
  const age = ` for ${ageOf(longestOf(waits))}`;
  const { mount } = first;
  if (mount !== undefined && remote !== undefined) {
    const server = remote.type.startsWith('fuse') ? 'its daemon' : 'server';
    const guess = first.mountGuessed ? 'most likely on ' : 'on ';
    const above = remote === mount ? '' : `${mount.type} that lies on ${printable(remote.mountPoint)}: `;
    return `${guess}${place} (${above}${remote.type}, ${server} not answering${age})`;
  }
  return `on ${place} (${reasonOf(first)}${age})`;
}

function held(waits: readonly Wait[], size: number): string {
  const effects: string[] = [];
  const pool = waits.filter(({ role }) => role === 'pool').length;
  const loop = waits.some(({ role }) => role === 'loop');
  if (loop) effects.push('nothing else runs in this process: no timer, no request, no callback');
  if (pool >= size) effects.push('every fs call and dns.lookup of this process waits');
  else if (waits.every(({ abandoned }) => abandoned))
    effects.push('their callers are free, and the kernel still has the calls');
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

/** Returns the verdict on a process that cannot run; undefined: it can. */
function verdictOnCondition({ pid, condition, threads }: ProcessView): Verdict | undefined {
  const { state, by } = condition;
  if (state === 'runs') return undefined;
  const who = by === undefined ? '' : ` ${by.pid} (${printable(by.name)})`;
  const common = { place: `(${state})`, threads: threads.length, poolThreads: 0, ms: undefined };
  switch (state) {
    case 'stopped':
      return {
        ...common,
        text: 'The process is stopped (SIGSTOP, or Ctrl-Z at a terminal): none of its threads runs.',
        advice: [`kill -CONT ${pid}   lets it go on`],
      };
    case 'frozen':
      return {
        ...common,
        text: 'The process is frozen by its control group, as in a paused container: none of its threads runs.',
        advice: [],
      };
    case 'traced':
      return {
        ...common,
        text: `A debugger holds the process${who && ` (process${who})`}: none of its threads runs.`,
        advice: [],
      };
    case 'ended':
      return {
        ...common,
        text: `The process has ended. Its parent${who} has not yet asked for its exit status (a zombie).`,
        advice: [],
      };
  }
}

/**
 * Returns a verdict for each place, the one with the most threads first; none if nothing waits. `controlled`: the
 * process has a control socket.
 */
export function verdictsOf(view: ProcessView, controlled: boolean): Verdict[] {
  const places = groupBy(view.waits, view.mounts);
  const verdicts = [...places].map(([place, waits]): Verdict => {
    const poolThreads = waits.filter(({ role }) => role === 'pool').length;
    const { what, effect } = waits.every(({ thread }) => thread.isEnding)
      ? { what: `The process is ending: ${threadsText(waits.length)}`, effect: '' }
      : { what: subject(waits, view.poolSize), effect: held(waits, view.poolSize) };
    const remote = remoteOf(waits[0] as Wait, view.mounts);
    const text = `${what} ${describePlace(place, waits, remote)}${effect && `: ${effect}`}.`;
    return {
      place,
      threads: waits.length,
      poolThreads,
      ms: longestOf(waits).waitedMs,
      text,
      advice: adviceFor(view, place, waits, remote, controlled),
    };
  });
  verdicts.sort((a, b) => b.poolThreads - a.poolThreads || b.threads - a.threads);
  const first = verdictOnCondition(view);
  return first === undefined ? verdicts : [first, ...verdicts];
}

function groupBy(waits: readonly Wait[], mounts: MountList): Map<string, Wait[]> {
  const groups = new Map<string, Wait[]>();
  for (const wait of waits) {
    const place = placeOf(wait, mounts);
    groups.set(place, [...(groups.get(place) ?? []), wait]);
  }
  return groups;
}
