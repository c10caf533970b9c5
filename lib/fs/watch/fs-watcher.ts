// FSWatcher, which watch() returns: an emitter that looks like Node's. Calls set up its watch.
import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { isUnavailable } from '../../call/errors';
import { mountAt } from '../../engine/mount-table';
import { absolutePath, isRelative, textOf, workingDirectory } from '../../node/path-text';
import { type WatchError, watchError } from '../../node/watch-error';
import { now } from '../../util/clock';
import { nextTick } from '../../util/timers';
import type { CallOptions } from '../../validate/call-options';
import { limitOf } from '../../validate/values';
import type { Path } from '../requests/request';
import { Drive, type Steps } from './drive';
import { type EventType, holdLoop } from './marks';
import { Moment } from './moment';
import { Patience } from './patience';

/** The events of an FSWatcher. */
export interface FSWatcherEvents {
  /** The file, or an entry of the folder, has changed: `'change'` or `'rename'`, and the name of the entry. */
  change: [eventType: EventType, filename: string | Buffer];
  /** The watch could not be set up, or has failed. */
  error: [error: Error];
  /** The watcher was closed. */
  close: [];
  /** The watch is being set up, and the file system has not answered for a second. With its mount point. */
  stall: [mount: string];
  /** The file system has answered. With its mount point. */
  recover: [mount: string];
}

/** What the events of a watcher come from. */
export interface Source {
  /** Sets up the watch. */
  setUp(limits: () => CallOptions): Steps<void>;
  /** Called when the watch is set up. */
  begin?(): void;
  end(): void;
}

/** What a source calls, each time in a turn of its own. */
export interface Told {
  change(type: EventType, name: string | Buffer): void;
  /** Reports an error. The source goes on. */
  fail(error: Error): void;
}

export interface Watching {
  readonly persistent: boolean;
  readonly signal: AbortSignal | undefined;
  /** ms in which the watch has to be set up. */
  readonly timeout: number | undefined;
  readonly throwIfNoEntry: boolean;
  readonly ignores: ((name: string | Buffer) => unknown) | undefined;
  /** Node's recursive watchers emit `close` at once, others in the next tick. */
  readonly closesAtOnce: boolean;
}

/** What watch() returns. */
export class FSWatcher extends EventEmitter<FSWatcherEvents> {
  readonly #path: Path;
  readonly #how: Watching;
  readonly #context = new AsyncResource('FSEVENTWRAP');
  readonly #source: Source;
  readonly #patience = new Patience(
    () => this.#emit('stall', this.#mount),
    () => this.#emit('recover', this.#mount),
  );
  readonly #moment: Moment;
  readonly #drive: Drive<void>;
  /** `idle`: there is nothing to watch. */
  #state: 'on' | 'idle' | 'off' = 'on';
  #holds = false;
  /** What watch() throws, if the failure comes before it has returned. */
  #thrown: { error: unknown } | undefined;
  #isBeginning = true;

  /** @internal Throws what watch() throws. */
  constructor(path: Path, how: Watching, sourceOf: (told: Told) => Source) {
    super();
    this.#path = path;
    this.#how = how;
    this.#source = sourceOf({
      change: (type, name) => this.#heard(type, name),
      fail: (error) => this.#emit('error', error),
    });
    const timeout = limitOf(how.timeout ?? 0);
    this.#moment = new Moment(this.#place, timeout);
    const until = now() + timeout;
    const limits = (): CallOptions => (timeout === Infinity ? {} : { timeout: Math.max(1, until - now()) });
    this.#drive = new Drive(
      this.#source.setUp(limits),
      (make) => this.#context.runInAsyncScope(make),
      () => this.#isUp(),
      (error) => this.#failed(error),
      () => this.#holds,
    );
    if (how.persistent) this.ref();
    if (how.signal?.aborted === true) nextTick(() => this.close());
    else this.#begin();
    this.#isBeginning = false;
  }

  #begin(): void {
    this.#patience.begin();
    this.#drive.begin(this.#moment.ms);
    if (this.#drive.call !== undefined) this.#moment.passed();
    if (this.#thrown !== undefined) throw this.#thrown.error;
    const { signal } = this.#how;
    if (signal === undefined) return;
    const close = (): void => this.close();
    signal.addEventListener('abort', close);
    this.once('close', () => signal.removeEventListener('abort', close));
  }

  /** Whether the watcher is neither closed nor failed. */
  get #isOn(): boolean {
    return this.#state === 'on';
  }

  get #place(): Path {
    const path = this.#path;
    return isRelative(path) ? absolutePath(workingDirectory(), path) : path;
  }

  get #mount(): string {
    return mountAt(this.#place)?.point ?? '';
  }

  #isUp(): void {
    this.#moment.end();
    this.#patience.answered();
    if (this.#isOn) this.#source.begin?.();
    else this.#source.end();
  }

  #failed(failure: unknown): void {
    this.#moment.end();
    this.#patience.end();
    if (!this.#isOn) return;
    this.#source.end();
    const error = this.#errorOf(failure);
    if (error.code === 'ENOENT' && !this.#how.throwIfNoEntry) {
      this.#state = 'idle';
      this.#hold(false);
      return;
    }
    this.#state = 'off';
    this.#hold(false);
    if (this.#isBeginning) this.#thrown = { error };
    else this.#context.runInAsyncScope(nextTick, process, () => this.emit('error', error));
  }

  /** Returns the error of a call as Node's watchers show it. */
  #errorOf(failure: unknown): WatchError {
    const error = failure as WatchError;
    if (isUnavailable(error) || typeof error.errno !== 'number') return error;
    if (error.syscall === 'watch') return watchError(error.errno, this.#path, textOf(this.#path));
    return Object.assign(error, { filename: this.#path });
  }

  /** Called in a turn of its own. */
  #heard(type: EventType, name: string | Buffer): void {
    if (!this.#isOn || this.#how.ignores?.(name)) return;
    this.#context.runInAsyncScope(() => this.emit('change', type, name));
  }

  #emit<Name extends 'stall' | 'recover' | 'error'>(event: Name, ...args: FSWatcherEvents[Name]): void {
    this.#context.runInAsyncScope(nextTick, process, () => {
      if (this.#isOn) (this as EventEmitter).emit(event, ...args);
    });
  }

  /** Does nothing. Node's FSWatcher has this method. */
  start(): void {}

  /** Closes the watcher. A set-up that is stuck is interrupted. Does nothing if the watcher is closed. */
  close(): void {
    if (!this.#isOn) return;
    this.#state = 'off';
    this.#patience.end();
    this.#source.end();
    this.#hold(false);
    void this.#drive.call?.interrupt('interrupt', undefined, 0);
    if (this.#how.closesAtOnce) this.emit('close');
    else nextTick(() => this.emit('close'));
  }

  /** Lets this watcher keep the event loop alive, as it does unless `persistent` is false. */
  ref(): this {
    if (this.#isOn) this.#hold(true);
    return this;
  }

  /** Lets the event loop end while only this watcher is left, set up or not. */
  unref(): this {
    if (this.#isOn) this.#hold(false);
    return this;
  }

  #hold(on: boolean): void {
    if (this.#holds === on) return;
    this.#holds = on;
    holdLoop(on);
    this.#drive.hold(on);
  }
}
