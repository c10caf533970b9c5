// A process that a task with an empty descriptor table starts (binding/sys/processes.h), with the part of Node's
// ChildProcess that this package uses.
//
// Its pipes exist at once, as with spawn(). The process is started meanwhile, so a failure to start it is reported by
// an event.
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { native } from '../engine/addon';
import { systemError } from '../node/errno-error';
import { noop } from '../util/noop';
import { outside } from '../util/outside';
import { setTimeout } from '../util/timers';
import { encodeRequest, environmentOf, type Program } from './request';
import { type Started, startLauncher } from './start-call';

const { ECONNRESET, ENOSYS, EPIPE, EPROTO } = constants.errno;
/** ms between checks whether the process has ended, once its streams have: its end is near then. */
const FIRST_LOOK = 1;
const LONGEST_PAUSE = 100;

export interface SpawnOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The last one is a pipe that the process keeps open as long as it lives. */
  readonly stdio: ReadonlyArray<'pipe' | 'ignore' | 'inherit' | number>;
  readonly detached: boolean;
}

export class OwnTableProcess extends EventEmitter {
  pid: number | undefined;
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;
  readonly stdio: ReadonlyArray<Socket | null>;
  readonly #program: Program;
  readonly #request: ReturnType<typeof encodeRequest>;
  /** The other sides' ends of the pipes, which this process has to close. */
  readonly #theirs: number[] = [];
  /** The pipe whose end is the end of the process. */
  readonly #life: Socket;
  /** Until the program runs. */
  #control: Socket | undefined;
  #fallback: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #kept = true;
  #ended = false;
  /** A signal that was sent before there was a process. */
  #signal: NodeJS.Signals | undefined;

  constructor(launcher: string, file: string, args: readonly string[], options: SpawnOptions) {
    super();
    const { env, detached } = options;
    const copy = environmentOf(env);
    const ours: (Socket | null)[] = [];
    const streams: (number | undefined)[] = [];
    try {
      options.stdio.forEach((what, i) => {
        const [own, their] = this.#stream(what, i);
        ours.push(own);
        streams.push(their);
      });
    } catch (error) {
      for (const socket of ours) socket?.destroy();
      this.#closeTheirs();
      throw error;
    }
    this.stdio = ours;
    this.#life = ours.at(-1) as Socket;
    this.#program = { file, args, env: copy, detached, streams };
    this.#request = encodeRequest(this.#program);
    outside(() => void this.#start(launcher));
  }

  get stdin(): Socket | null {
    return this.stdio[0] ?? null;
  }
  get stdout(): Socket | null {
    return this.stdio[1] ?? null;
  }
  get stderr(): Socket | null {
    return this.stdio[2] ?? null;
  }

  /** Returns the two sides of one descriptor of the process. */
  #stream(what: SpawnOptions['stdio'][number], index: number): [Socket | null, number | undefined] {
    if (what === 'ignore') return [null, undefined];
    if (what === 'inherit') return [null, index];
    if (what !== 'pipe') return [null, what];
    const pair = native.socketPair();
    if (typeof pair === 'number') throw systemError(pair, 'spawn');
    this.#theirs.push(pair[1]);
    return [new Socket({ fd: pair[0], readable: index !== 0, writable: index === 0 || index > 2 }), pair[1]];
  }

  #closeTheirs(): void {
    for (const fd of this.#theirs.splice(0)) native.closeSocket(fd);
  }

  async #start(launcher: string): Promise<void> {
    let started: Started;
    try {
      started = await startLauncher(launcher);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).errno === -ENOSYS) this.#fallBack();
      else this.#failed(error as NodeJS.ErrnoException);
      return;
    }
    this.pid = started.pid;
    const control = new Socket({ fd: started.fd, readable: true, writable: true });
    this.#control = control;
    if (!this.#kept) control.unref();
    if (!isConfinedAlike(started.pid)) {
      control.destroy();
      this.#reap(started.pid, noop);
      this.#fallBack();
      return;
    }
    const { head, texts } = this.#request;
    const fds = this.#program.streams.filter((fd) => fd !== undefined);
    const sent = native.sendDescriptors(started.fd, head, fds);
    // Somebody else has killed the launcher. It is treated as if that had come later.
    let errno = sent === -EPIPE || sent === -ECONNRESET ? 0 : sent;
    this.#closeTheirs();
    // The process may end before it has read everything.
    control.on('error', noop);
    // A positive errno: the launcher could not start the program. A negative one: the launcher could not be started.
    control.on('data', (word: Buffer) => {
      errno = word.length === 4 ? word.readInt32LE() : -EPROTO;
    });
    control.once('close', () => {
      // A socket that has no handle any more keeps each ref() and unref() until it has one again.
      this.#control = undefined;
      if (errno === 0) this.#runs(started.pid);
      else this.#reap(started.pid, () => this.#failed(systemError(-Math.abs(errno), 'spawn')));
    });
    if (sent === 0) control.write(texts);
    else control.destroy();
  }

  #runs(pid: number): void {
    if (this.#signal !== undefined) this.kill(this.#signal);
    const over = (): void =>
      this.#reap(pid, ([code, signal]) => this.#over(code < 0 ? null : code, nameOf(signal)));
    if (this.#life.closed) over();
    else this.#life.once('close', over);
  }

  #failed(error: NodeJS.ErrnoException): void {
    this.#closeTheirs();
    this.pid = undefined;
    for (const socket of this.stdio) socket?.destroy();
    const { file, args } = this.#program;
    // The error has the form of Node's own.
    const syscall = `spawn ${file}`;
    error.message = `${syscall} ${error.code}`;
    this.emit('error', Object.assign(error, { syscall, path: file, spawnargs: [...args] }));
  }

  /** Starts the process with Node's spawn(), because no task can. */
  #fallBack(): void {
    const { file, args, env, detached, streams } = this.#program;
    const stdio = streams.map((fd) => fd ?? 'ignore');
    try {
      this.#fallback = spawn(file, args, { env, detached, stdio, windowsHide: true });
    } catch (error) {
      this.#failed(error as NodeJS.ErrnoException);
      return;
    }
    this.#closeTheirs();
    const child = this.#fallback;
    this.pid = child.pid;
    if (!this.#kept) child.unref();
    child.once('error', (error) => {
      if (child.pid === undefined) this.#failed(error);
    });
    child.once('exit', (code, signal) => this.#over(code, signal));
    if (this.#signal !== undefined) child.kill(this.#signal);
  }

  #over(code: number | null, signal: NodeJS.Signals | null): void {
    this.exitCode = code;
    this.signalCode = signal;
    this.#ended = true;
    this.emit('exit', code, signal);
  }

  #reap(pid: number, then: (ended: [code: number, signal: number]) => void, pause = FIRST_LOOK): void {
    const ended = native.reapChild(pid);
    if (ended !== undefined) {
      then(ended);
      return;
    }
    this.#timer = setTimeout(() => this.#reap(pid, then, Math.min(2 * pause, LONGEST_PAUSE)), pause);
    if (!this.#kept) this.#timer.unref();
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#ended) return;
    if (this.#fallback !== undefined) this.#fallback.kill(signal);
    else if (this.pid === undefined) this.#signal = signal;
    else process.kill(this.pid, signal);
  }

  /** Sets whether the process keeps the event loop alive. */
  ref(): void {
    this.#keep(true);
  }
  unref(): void {
    this.#keep(false);
  }

  #keep(on: boolean): void {
    this.#kept = on;
    for (const one of [this.#control, this.#life, this.#fallback, this.#timer]) {
      if (on) one?.ref();
      else one?.unref();
    }
  }
}

const nameOf = (number: number): NodeJS.Signals | null =>
  (Object.keys(constants.signals) as NodeJS.Signals[]).find((name) => constants.signals[name] === number) ??
  null;

const CONFINEMENT = /^(?:NoNewPrivs|Seccomp|Seccomp_filters):.*$/gm;

/**
 * Returns whether the process has the seccomp filters of this thread. A filter that only some threads of this process
 * have is not inherited from a task.
 */
function isConfinedAlike(pid: number): boolean {
  try {
    const [own, other] = ['thread-self', pid].map((who) => readFileSync(`/proc/${who}/status`, 'latin1'));
    return own?.match(CONFINEMENT)?.join() === other?.match(CONFINEMENT)?.join();
  } catch {
    return false;
  }
}
