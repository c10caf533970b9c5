// One helper process, seen from its parent, and the calls that it was given.
//
// A call is sent only once the module is loaded, so a call that is ended before that has not begun. The helper keeps
// the event loop alive while it has calls, and only then.
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Outcome } from '../call/errors';
import { argValue } from '../node/errors';
import { type StartedProcess, start } from '../spawn';
import { now } from '../util/clock';
import { fromPortable } from '../util/portable-error';
import { CHANNEL, Channel } from './channel';
import type { Answer, Request } from './messages';
import { HELPER_MARK, nodeProgram } from './node-program';

export interface Job extends Request {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  /** The number of helpers that have ended by themselves while they had this call. */
  crashes: number;
  /** `completed`; if the call was ended before it was over, how. */
  outcome: Outcome;
}

/** What all helpers of a module have in common. */
export interface HelperKind {
  /** The absolute path of the module. */
  readonly module: string;
  /** The number of threads in libuv's pool; 0: libuv's default. */
  readonly threads: number;
}

/** The helper process ended by itself before the call was over. */
function crashed(module: string, code: number | null, signal: string | null): Error {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const message = `The helper process of '${module}' ended ${how} before the call was over`;
  return Object.assign(new Error(message), { code: 'ERR_HELPER_ENDED', exitCode: code, signal });
}

export class Helper {
  readonly jobs = new Map<number, Job>();
  ready = false;
  /** The time by now(). */
  readyAt = 0;
  /** Whether the helper is to end, or has ended: it gets no more calls. */
  closed = false;
  /** Settles when the process has ended and its answers have been read. */
  readonly gone: Promise<void>;
  readonly #child: StartedProcess;
  readonly #socket: Socket | undefined;
  readonly #channel: Channel | undefined;
  readonly #idle: () => void;
  #retired = false;

  /**
   * `idle`: the helper has answered the last of its calls. `ended`: it has ended without answering `jobs`; `reason` is
   * why, undefined if it was killed.
   */
  constructor(kind: HelperKind, idle: () => void, ended: (jobs: Job[], reason: unknown) => void) {
    this.#idle = idle;
    const program = nodeProgram();
    const env: NodeJS.ProcessEnv = { ...process.env, ...program.env, [HELPER_MARK]: '1' };
    if (kind.threads > 0) env.UV_THREADPOOL_SIZE = String(kind.threads);
    const child = start(program.file, [join(__dirname, 'helper-main.js'), kind.module], {
      // The last one is the channel.
      stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
      env,
      // A process group of its own: Ctrl-C is for the parent only.
      detached: true,
    });
    this.#child = child;
    const socket = child.stdio?.[CHANNEL] as Socket | undefined;
    this.#socket = socket;
    if (socket !== undefined) this.#channel = new Channel(socket, (answer) => this.#hear(answer as Answer));
    child.stdin?.on('error', () => undefined);
    (child.stdin as Socket | null)?.unref();
    let reason: unknown;
    this.gone = new Promise((resolve) => {
      const over = (): void => {
        this.closed = true;
        const left = [...this.jobs.values()];
        this.jobs.clear();
        resolve();
        ended(left, reason);
      };
      child.once('error', (error) => {
        // Without a pid the process did not start. With one, this is the error of a signal that could not be sent
        // because the process is ending.
        if (child.pid !== undefined) return;
        reason = error;
        over();
      });
      child.once('exit', (code, signal) => {
        if (!this.closed) reason = crashed(kind.module, code, signal);
        this.closed = true;
        // Answers that were sent before the end are read first.
        if (socket === undefined || socket.closed) over();
        else socket.once('close', over);
      });
    });
    this.#keep(false);
  }

  /** Sends a call to the helper. If the call cannot be sent, it is rejected. */
  take(job: Job): void {
    this.jobs.set(job.id, job);
    this.#keep(true);
    if (this.ready) this.#send(job);
  }

  /** Takes back a call that has not begun. Returns false if it may have begun. */
  withdraw(job: Job): boolean {
    if (this.ready || !this.jobs.delete(job.id)) return false;
    if (this.jobs.size === 0) this.#rest();
    return true;
  }

  /**
   * Kills the helper. If the kernel does not end it, abandoned calls do not keep the event loop alive, but calls that
   * are to be made again do.
   */
  kill(): Promise<void> {
    this.closed = true;
    this.#keep(this.jobs.size > 0);
    this.#child.kill('SIGKILL');
    return this.gone;
  }

  /** Ends the helper after the call that it has. */
  retire(): void {
    this.closed = true;
    this.#retired = true;
  }

  /** Ends a helper without calls: by the end of its standard input, as if its parent were gone. */
  dismiss(): void {
    this.closed = true;
    this.#child.stdin?.destroy();
  }

  #hear(answer: Answer): void {
    if (answer.type === 'ready') {
      this.ready = true;
      this.readyAt = now();
      for (const job of [...this.jobs.values()]) this.#send(job);
      return;
    }
    if (answer.type === 'unloadable') {
      this.closed = true;
      const jobs = [...this.jobs.values()];
      this.jobs.clear();
      for (const job of jobs) job.reject(fromPortable(answer.error));
      this.dismiss();
      this.#keep(false);
      return;
    }
    const job = this.jobs.get(answer.id);
    if (job === undefined) return;
    this.jobs.delete(answer.id);
    if (this.jobs.size === 0) this.#rest();
    if (answer.type === 'value') job.resolve(answer.value);
    else job.reject(fromPortable(answer.error));
  }

  #send(job: Job): void {
    try {
      // If the helper is ending and the call cannot be delivered, `ended` deals with it.
      this.#channel?.send({ id: job.id, args: job.args });
    } catch (error) {
      this.jobs.delete(job.id);
      if (this.jobs.size === 0) this.#rest();
      job.reject(
        argValue(
          'args',
          job.args,
          `must be data that can be cloned for a helper process (${(error as Error).message})`,
        ),
      );
    }
  }

  #rest(): void {
    this.#keep(false);
    if (this.#retired) this.dismiss();
    else if (!this.closed) this.#idle();
  }

  /** Sets whether the helper keeps the event loop alive. */
  #keep(alive: boolean): void {
    if (alive) {
      this.#child.ref();
      this.#socket?.ref();
    } else {
      this.#child.unref();
      this.#socket?.unref();
    }
  }
}
