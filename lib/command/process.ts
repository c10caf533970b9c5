// One command, from its start to the end of everything that it has started, with the steps that end it.
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { basename } from 'node:path';
import type { Outcome } from '../call/errors';
import type { BackgroundOp } from '../custom/background-op';
import { mountAt } from '../engine/mount-table';
import { settings } from '../engine/settings';
import { systemError } from '../node/errno-error';
import { argValue } from '../node/errors';
import { absolute, workingDirectory } from '../node/path-text';
import { isWindows } from '../node/windows';
import { type SpawnOptions, type StartedProcess, start } from '../spawn';
import { warnOfHandler } from '../util/handler-warning';
import { noop } from '../util/noop';
import { clearTimeout, setTimeout } from '../util/timers';
import { KILL_ALL, launcher, launcherFailure, launcherSilent, RELEASE } from './launcher';
import type { RunningCommand, Settings } from './options';
import { Output } from './output';
import { CommandError, type CommandResult, shown } from './result';

const { signals } = constants;
const nameOf = (number: number): NodeJS.Signals =>
  (Object.keys(signals) as NodeJS.Signals[]).find((name) => signals[name] === number) ??
  (`SIG${number}` as NodeJS.Signals);

export class CommandProcess implements BackgroundOp<CommandResult<string | Buffer>>, RunningCommand {
  pid = 0;
  readonly #file: string;
  readonly #args: readonly string[];
  readonly #settings: Settings;
  #child: StartedProcess | undefined;
  /** The sockets for orders to the launcher, and for its reports: binding/launcher/launcher.c. */
  #orders: Socket | undefined;
  #report: Socket | undefined;
  #unread = '';
  #stdout: Output | undefined;
  #stderr: Output | undefined;
  #exitCode: number | undefined;
  #signal: NodeJS.Signals | undefined;
  #ended = false;
  #startFailure: Error | undefined;
  #killed = false;
  #stopping = false;
  #tooMuch = false;
  #timer: NodeJS.Timeout | undefined;
  #handlerFailure: { error: unknown } | undefined;

  constructor(file: string, args: readonly string[], settings: Settings) {
    this.#file = file;
    this.#args = args;
    this.#settings = settings;
  }

  async run(): Promise<CommandResult<string | Buffer>> {
    const child = this.#spawn();
    const gone = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        this.#startFailure ??= this.#failure(error);
        resolve();
      });
      // Called after the last line of the report was read.
      let open = 2;
      const over = (): void => {
        if (--open === 0) resolve();
      };
      child.once('exit', over);
      if (this.#report === undefined) over();
      else this.#report.once('close', over);
    });
    await gone;
    this.#orders?.destroy();
    const complete = await this.#drain();
    clearTimeout(this.#timer);
    return this.#result(complete);
  }

  #spawn(): StartedProcess {
    const { cwd, env, stdio, input, keepalive, maxBuffer } = this.#settings;
    // On Windows a detached process would have a window, and would outlive this one.
    const options: SpawnOptions = { env, stdio: [...stdio, 'pipe', 'pipe'], detached: !isWindows };
    let child: StartedProcess;
    try {
      child = start(launcher(), [String(process.pid), cwd, this.#file, ...this.#args], options);
    } catch (error) {
      throw this.#failure(error as NodeJS.ErrnoException);
    }
    this.#child = child;
    const tooMuch = (): void => {
      this.#tooMuch = true;
      this.#kill();
    };
    if (child.stdout) this.#stdout = new Output(child.stdout, maxBuffer, tooMuch);
    if (child.stderr) this.#stderr = new Output(child.stderr, maxBuffer, tooMuch);
    // The command may end without having read everything.
    child.stdin?.on('error', noop);
    if (input !== undefined) child.stdin?.write(typeof input === 'string' ? input : bytesOf(input));
    if (!keepalive) child.stdin?.end();
    // If there were no descriptors for the pipes, `stdio` is missing.
    const sockets = child.stdio ?? [];
    this.#orders = sockets[3] as Socket | undefined;
    // The launcher may end before it has read its orders.
    this.#orders?.on('error', noop);
    this.#report = sockets[4] as Socket | undefined;
    this.#report?.on('error', noop);
    this.#report?.setEncoding('latin1').on('data', (text) => this.#hear(String(text)));
    return child;
  }

  #hear(text: string): void {
    this.#unread += text;
    for (let end = this.#unread.indexOf('\n'); end >= 0; end = this.#unread.indexOf('\n')) {
      const [word, number, step] = this.#unread.slice(0, end).split(' ') as [string, string, string];
      this.#unread = this.#unread.slice(end + 1);
      if (word === 'pid') this.pid = Number(number);
      else if (word === 'error') this.#startFailure = this.#refused(-Number(number), step);
      else this.#leaderOver(word, Number(number));
    }
  }

  /** The command has ended. Processes that it has started may still run. */
  #leaderOver(word: string, number: number): void {
    this.#ended = true;
    if (word === 'exit') this.#exitCode = number;
    else this.#signal = nameOf(number);
    this.#child?.stdin?.destroy();
    if (this.#stopping || this.#tooMuch) return;
    // A process that goes on without the output is left alone, at the latest after waitDelay.
    const release = (): void => this.#order(RELEASE);
    void Promise.all([this.#stdout?.ended, this.#stderr?.ended]).then(release);
    this.#timer = setTimeout(release, this.#settings.waitDelay);
  }

  /** Waits for the end of the output. Only processes that are left alone can hold it open now. */
  async #drain(): Promise<boolean> {
    const outputs = [this.#stdout, this.#stderr].filter((output) => output !== undefined);
    // If waitDelay has not passed yet, it passes here.
    let timer: NodeJS.Timeout | undefined;
    const wait = this.#stopping || this.#tooMuch ? this.#settings.waitDelay : 0;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, wait);
    });
    await Promise.race([Promise.all(outputs.map((output) => output.ended)), late]);
    clearTimeout(timer);
    const complete = outputs.every((output) => output.complete);
    for (const output of outputs) output.close();
    this.#child?.stdin?.destroy();
    return complete;
  }

  #result(complete: boolean): CommandResult<string | Buffer> {
    if (this.#startFailure !== undefined) throw this.#startFailure;
    // The launcher was killed, and with it the command, but not the processes that the command has started.
    if (!this.#ended) {
      if (this.#isSilent()) throw this.#silent();
      this.#signal ??= this.#child?.signalCode ?? 'SIGKILL';
      if (this.pid > 0) tryKill(-this.pid);
    }
    const result: CommandResult<string | Buffer> = { ...this.details(), outputComplete: complete };
    const { command, exitCode, signal } = result;
    if (this.#tooMuch) {
      const message = `Command wrote more than ${this.#settings.maxBuffer} bytes (maxBuffer) and was killed: ${command}`;
      throw new CommandError(message, 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER', result);
    }
    if (exitCode === 0 || (!this.#settings.reject && !this.#stopping)) return result;
    const how = signal === undefined ? `failed with exit code ${exitCode}` : `was ended by ${signal}`;
    const said = String(result.stderr).trimEnd();
    throw new CommandError(`Command ${how}: ${command}${said && `\n${said}`}`, 'ERR_COMMAND_FAILED', result);
  }

  /**
   * Returns whether the launcher ended by itself before it had started the command. The command has written nothing
   * then.
   */
  #isSilent(): boolean {
    // A SIGKILL from outside may come at any moment. It is reported as the command's own end.
    if (this.pid !== 0 || this.#stopping || this.#killed || this.#child?.signalCode === 'SIGKILL')
      return false;
    return (this.#stdout?.bytes().length ?? 0) === 0;
  }

  #silent(): Error {
    const { exitCode = null, signalCode = null } = this.#child ?? {};
    return launcherSilent(exitCode, signalCode, this.#stderr?.bytes().toString().trim() ?? '');
  }

  details(): CommandResult<string | Buffer> {
    const { encoding } = this.#settings;
    const text = (output: Output | undefined): string | Buffer => {
      const bytes = output?.bytes() ?? Buffer.alloc(0);
      return encoding === 'buffer' ? bytes : bytes.toString(encoding);
    };
    const handler = this.#handlerFailure === undefined ? {} : { handlerError: this.#handlerFailure.error };
    return {
      command: shown(this.#file, this.#args),
      pid: this.pid,
      exitCode: this.#exitCode,
      signal: this.#signal,
      stdout: text(this.#stdout),
      stderr: text(this.#stderr),
      outputComplete: false,
      ...handler,
    };
  }

  /** Returns Node's error, with the name of the command in place of the launcher's. */
  #failure(error: NodeJS.ErrnoException): Error {
    if (error.errno === undefined) return error;
    return launcherFailure(error) ?? this.#refused(error.errno, 'spawn');
  }

  #refused(errno: number, step: string): Error {
    const path = step === 'chdir' ? this.#settings.cwd : this.#file;
    return Object.assign(systemError(errno, step, path), { spawnargs: [...this.#args] });
  }

  /** Returns the ms that ending the command takes at most: SIGKILL after waitDelay, and as long again for the pipes. */
  patience(): number {
    return this.#waitDelay() + (this.#isOnItsWay() ? 0 : this.#settings.waitDelay) + settings.grace;
  }

  stop(reason: unknown): void {
    this.#stopping = true;
    const delay = this.#waitDelay();
    void this.#cancel(reason);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#kill(), delay);
  }

  /** A command that has not begun needs no time to end. */
  #waitDelay(): number {
    return this.#isOnItsWay() ? Math.min(settings.grace, this.#settings.waitDelay) : this.#settings.waitDelay;
  }

  /**
   * Returns whether the command is not executed yet, and its folder or its file is on a remote file system, which may
   * not answer.
   */
  #isOnItsWay(): boolean {
    if (this.pid !== 0 || this.#ended) return false;
    const folder = absolute(workingDirectory(), this.#settings.cwd);
    const file = basename(this.#file) === this.#file ? '' : absolute(folder, this.#file);
    return [folder, file].some((path) => path !== '' && mountAt(path)?.remote === true);
  }

  async #cancel(reason: unknown): Promise<void> {
    const { cancel, keepalive } = this.#settings;
    try {
      if (typeof cancel === 'function') await cancel(this, reason);
      else if (cancel === undefined && keepalive) this.endInput();
      else this.kill(cancel ?? 'SIGTERM');
    } catch (error) {
      this.#handlerFailure = { error };
      warnOfHandler(`The cancel function of the command '${this.#file}'`, error);
    }
  }

  endInput(): void {
    this.#child?.stdin?.end();
  }

  kill(signal: NodeJS.Signals | number): void {
    const number = typeof signal === 'string' ? signals[signal] : signal;
    if (!Number.isInteger(number) || number < 1 || number > 64)
      throw argValue('signal', signal, 'must be the name of a signal, or a number from 1 to 64');
    if (number === signals.SIGKILL) this.#kill();
    else this.#order(number);
  }

  #kill(): void {
    this.#killed = true;
    this.#order(KILL_ALL);
  }

  #order(byte: number): void {
    if (this.#orders?.writable) this.#orders.write(Buffer.of(byte));
  }

  outcome(): Outcome {
    return this.#killed ? 'killed' : 'interrupted';
  }

  abandon(): void {
    // If this process ends first, the launcher kills the command.
    this.#timer?.unref();
    this.#child?.unref();
    this.#orders?.unref();
    this.#report?.unref();
    for (const stream of [this.#child?.stdin, this.#child?.stdout, this.#child?.stderr]) {
      (stream as Socket | null | undefined)?.unref();
    }
  }
}

const bytesOf = (view: NodeJS.ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // No process of the group is left.
  }
}
