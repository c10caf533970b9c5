// Everything that is known of a process: what /proc tells, and, if it has a control socket, what the process itself
// tells.
import { type ControlAnswer, ControlClient } from '../control/client';
import { socketsOf } from '../control/place';
import { CliError } from '../failure';
import { numbersIn, ownerOf } from './read';
import { isRemoteType, type Verdict, verdictsOf } from './verdict';
import { lookAt, looksLikeNode, type ProcessView } from './waits';

export interface Seen {
  readonly view: ProcessView;
  readonly verdicts: readonly Verdict[];
  /** Undefined: the process has no control socket. */
  readonly control: ControlAnswer | undefined;
}

async function askControl(pid: number): Promise<ControlAnswer | undefined> {
  const client = await ControlClient.connect(pid);
  if (client === undefined) return undefined;
  try {
    return await client.ask('list');
  } catch {
    // The process has ended meanwhile, or is stopped. /proc still tells something.
    return undefined;
  } finally {
    client.close();
  }
}

/** Returns undefined if there is no such process, or if it ended meanwhile. */
export async function see(pid: number): Promise<Seen | undefined> {
  const control = await askControl(pid);
  const known = new Map((control?.ops ?? []).map((op) => [op.thread, op]));
  const view = await lookAt(pid, { known });
  if (view === undefined) return undefined;
  return { view, verdicts: verdictsOf(view, control !== undefined), control };
}

export function noProcess(pid: number): CliError {
  return new CliError(`There is no process ${pid} (any more)`);
}

/** Returns whether we may look at processes of that user: our own, and as root everybody's. */
function mayLook(uid: number): boolean {
  const own = process.geteuid?.();
  return own === 0 || own === uid;
}

/** Returns the processes that `ps` shows without a pid: those with a control socket, and Node processes. */
export function interesting(): number[] {
  const sockets = new Map<number, ReadonlyMap<number, string>>();
  return numbersIn('/proc').filter((pid) => {
    if (pid === process.pid) return false;
    const uid = ownerOf(pid);
    if (uid === undefined || !mayLook(uid)) return false;
    let own = sockets.get(uid);
    own ??= socketsOf(uid);
    sockets.set(uid, own);
    return own.has(pid) || looksLikeNode(pid);
  });
}

/** Returns the view for JSON. Numbers of 64 bits are text. */
export function viewJson({ view, verdicts, control }: Seen): Record<string, unknown> {
  return {
    pid: view.pid,
    name: view.name,
    uid: view.uid,
    node: view.isNode,
    control: control !== undefined,
    refused: view.refused ?? null,
    verdicts: verdicts.map(({ place, threads, poolThreads, ms, text, advice }) => ({
      place,
      threads,
      poolThreads,
      ms: ms ?? null,
      text,
      advice,
    })),
    waits: view.waits.map(({ thread, role, file, dest, fd, mount, mountGuessed }) => ({
      thread: thread.tid,
      name: thread.name,
      role,
      state: thread.state,
      call: thread.call ?? null,
      wchan: thread.wchan,
      ms: thread.waitedMs ?? null,
      file: file ?? null,
      dest: dest ?? null,
      fd: fd ?? null,
      mount: mount?.mountPoint ?? null,
      type: mount?.type ?? null,
      source: mount?.source ?? null,
      remote: mount === undefined ? null : isRemoteType(mount.type),
      mountGuessed,
    })),
    threads: view.threads.map((thread) => ({
      thread: thread.tid,
      name: thread.name,
      role: view.roles.get(thread.tid),
      state: thread.state,
      call: thread.call ?? null,
      wchan: thread.wchan,
      ms: thread.waitedMs ?? null,
    })),
    ops: control?.ops ?? null,
    mounts: control?.mounts ?? null,
  };
}
