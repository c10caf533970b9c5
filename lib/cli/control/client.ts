// The client of a process's control socket. docs/control.md has the protocol.
import { createConnection, type Socket } from 'node:net';
import { CliError } from '../failure';
import { standsStill } from '../process/condition';
import { forSocket, unescaped } from '../screen/bytes';
import { socketOf } from './place';

/** An op in flight, as the process reports it. */
export interface ControlOp {
  /** Names the op for `interrupt`, and no later op that uses the same memory. */
  readonly op: string;
  readonly fn: string;
  readonly state: 'queued' | 'running' | 'interrupting' | 'abandoned';
  readonly call: string;
  readonly path: string;
  readonly dest: string;
  /**
   * What the op is about, if it has no path: the line of a command, for instance. Only ops that an event loop carries
   * out have it.
   */
  readonly subject?: string;
  /** The label of the op's scope. Only ops that an event loop carries out have it. */
  readonly label?: string;
  readonly fd: number;
  readonly mount: string;
  /** The system's id of the thread or task that is in the call; 0 while queued. */
  readonly thread: number;
  readonly queuedMs: number;
  readonly runningMs: number;
}

export interface ControlMount {
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  /** `major:minor`. */
  readonly device: string;
  readonly stuck: number;
  readonly state: 'ok' | 'stalled';
  readonly workers: number;
  readonly queued: number;
}

export interface ControlAnswer {
  readonly v: number;
  readonly ok: boolean;
  /** Whether paths have escapes, as the request wanted. */
  readonly escaped?: boolean;
  readonly code?: string;
  readonly error?: string;
  readonly pid?: number;
  readonly ops?: readonly ControlOp[];
  readonly mounts?: readonly ControlMount[];
  readonly stats?: Record<string, unknown>;
  readonly outcomes?: readonly { op: string; outcome: string }[];
}

export const PROTOCOL = 1;
/** ms. The process answers from a thread of its own, so it is slow only if the whole machine is. */
export const PATIENCE = 5000;

/** Returns what a request takes as it is sent: with escapes in paths. */
function written({ under, ...more }: Record<string, unknown>): Record<string, unknown> {
  return { escaped: true, ...more, ...(typeof under === 'string' && { under: forSocket(under) }) };
}

/** Returns the answer with its paths as names. A process with an older version of the package knows no escapes. */
function read(answer: ControlAnswer): ControlAnswer {
  if (answer.escaped !== true) return answer;
  const { ops, mounts } = answer;
  const nameOp = (op: ControlOp): ControlOp => {
    const [path, dest, mount] = [op.path, op.dest, op.mount].map(unescaped) as [string, string, string];
    return { ...op, path, dest, mount };
  };
  const nameMount = (mount: ControlMount): ControlMount => {
    const [mountPoint, source] = [mount.mountPoint, mount.source].map(unescaped) as [string, string];
    return { ...mount, mountPoint, source };
  };
  return {
    ...answer,
    ...(ops !== undefined && { ops: ops.map(nameOp) }),
    ...(mounts !== undefined && { mounts: mounts.map(nameMount) }),
  };
}

export class ControlClient {
  readonly #socket: Socket;
  #rest = '';
  #waiting: ((answer: ControlAnswer | Error) => void)[] = [];
  #ended: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#hear(text));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () =>
      this.#end(new CliError('The process has ended, or has closed its control socket, before it answered')),
    );
  }

  /** Returns undefined if the process has no control socket. Rejects if the process is stopped. */
  static async connect(pid: number): Promise<ControlClient | undefined> {
    const path = socketOf(pid);
    if (path === undefined) return undefined;
    if (standsStill(pid))
      throw new CliError(
        `Process ${pid} is stopped, frozen or held by a debugger, and answers once it goes on: \`pendingop ps ${pid}\` says which`,
      );
    return ControlClient.open(path);
  }

  /** Returns undefined if nobody listens there, or too many wait there already. */
  static open(path: string): Promise<ControlClient | undefined> {
    return new Promise((resolve) => {
      const socket = createConnection(path);
      const refused = (): void => resolve(undefined);
      socket.once('error', refused);
      socket.once('connect', () => {
        socket.off('error', refused);
        resolve(new ControlClient(socket));
      });
    });
  }

  /** Sends one request. `more`: what it takes, paths as names of screen/bytes.ts. Rejects if the process ends meanwhile, or does not answer within `patience` ms. */
  ask(what: string, more: Record<string, unknown> = {}, patience = PATIENCE): Promise<ControlAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      const late = (): void =>
        this.#end(
          new CliError(
            `The process has a control socket, and has not answered over it for ${patience} ms: the system may be overloaded`,
          ),
        );
      const timer = setTimeout(late, patience);
      this.#waiting.push((answer) => {
        clearTimeout(timer);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      });
      this.#socket.write(`${JSON.stringify({ v: PROTOCOL, do: what, ...written(more) })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(text: string): void {
    // An answer with thousands of ops comes in many pieces. Only the new piece is searched for the end of a line.
    const lines = text.split('\n');
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop() as string;
    for (const line of lines) {
      try {
        this.#waiting.shift()?.(read(JSON.parse(line) as ControlAnswer));
      } catch (error) {
        this.#end(error as Error);
      }
    }
  }

  #end(error: Error): void {
    this.#ended ??= error;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const tell of waiting) tell(error);
    this.#socket.destroy();
  }
}
