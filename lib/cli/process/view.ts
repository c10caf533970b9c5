// Everything that is known of a process: what /proc tells, and, if it has a control socket, what the process itself
// tells.
import { ControlClient, type ControlOp } from '../control/client';
import { socketOf } from '../control/place';
import { CliError } from '../failure';
import { idsInside, processOf } from './ids';
import { lookAt, looksLikeNode, type ProcessView } from './look';
import { numbersIn, ownerOf } from './read';
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

/** Returns the process of that id, or that a thread of that id belongs to. */
export function processNamed(id: number): number {
  const pid = processOf(id);
  if (pid === undefined) throw noProcess(id);
  return pid;
}

export function noProcess(pid: number): CliError {
  return new CliError(`There is no process ${pid}, or it has ended: \`pendingop ps\` lists those of Node's`);
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
