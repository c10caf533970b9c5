// Everything that is known of a process: what /proc tells, and, if it has a control socket, what the process itself
// tells.
import { ControlClient, type ControlOp } from '../control/client';
import { socketOf } from '../control/place';
import { CliError } from '../failure';
import { idsInside } from './ids';
import { lookAt, looksLikeNode, type ProcessView } from './look';
import { numbersIn, ownerOf } from './read';
import { isRemoteType } from './remote';
import { type Verdict, verdictsOf } from './verdict';

export interface Seen {
  readonly view: ProcessView;
  readonly verdicts: readonly Verdict[];
  /** The calls that the process itself lists; undefined: it has no control socket, or does not answer. */
  readonly ops: readonly ControlOp[] | undefined;
}

async function askForOps(pid: number): Promise<readonly ControlOp[] | undefined> {
  let client: ControlClient | undefined;
  try {
    client = await ControlClient.connect(pid);
    return (await client?.ask('list'))?.ops;
  } catch {
    // The process has ended meanwhile, or does not answer. /proc still tells something.
    return undefined;
  } finally {
    client?.close();
  }
}

/** Returns undefined if there is no such process, or if it ended meanwhile. */
export async function see(pid: number): Promise<Seen | undefined> {
  const look = await lookAt(pid, () => askForOps(pid));
  if (look === undefined) return undefined;
  const { view, asked } = look;
  return { view, verdicts: verdictsOf(view, asked !== undefined), ops: asked };
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
  const self = idsInside('self')?.[0];
  return numbersIn('/proc').filter((pid) => {
    if (pid === self) return false;
    const uid = ownerOf(pid);
    return uid !== undefined && mayLook(uid) && (looksLikeNode(pid) || socketOf(pid) !== undefined);
  });
}

/** Returns the view for JSON. Numbers of 64 bits are text. */
export function viewJson({ view, verdicts, ops }: Seen): Record<string, unknown> {
  return {
    pid: view.pid,
    name: view.name,
    uid: view.uid,
    node: view.isNode,
    state: view.condition.state,
    control: ops !== undefined,
    refused: view.refused ?? null,
    verdicts: verdicts.map(({ place, threads, poolThreads, ms, text, advice }) => ({
      place,
      threads,
      poolThreads,
      ms: ms ?? null,
      text,
      advice,
    })),
    waits: view.waits.map(({ thread, waitedMs, atLeast, role, file, dest, fd, mount, mountGuessed }) => ({
      thread: thread.tid,
      name: thread.name,
      role,
      state: thread.state,
      call: thread.call ?? null,
      wchan: thread.wchan,
      ms: waitedMs,
      atLeast,
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
    })),
    ops: ops ?? null,
  };
}
