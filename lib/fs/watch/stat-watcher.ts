// StatWatcher, which watchFile() returns: reads the status of a file from time to time and reports changes, as Node's
// does (libuv's fs-poll.c). Besides, it reports when the file system stalls, and has at most one look in the kernel.
import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import type { BigIntStats, Stats } from 'node:fs';
import type { Call } from '../../call';
import { isUnavailable } from '../../call/errors';
import type { Completion } from '../../call/type';
import { keepsLoop } from '../../engine';
import { Code } from '../../engine/codes';
import { mountTable } from '../../engine/mount-table';
import { setBigInts } from '../../engine/operands';
import { now } from '../../util/clock';
import { outside } from '../../util/outside';
import { clearTimeout, nextTick, setTimeout } from '../../util/timers';
import { PATH, pathCall } from '../requests/request';
import { bigIntStatsFrom, statsFrom } from '../results/stats';
import { Patience } from './patience';

/** The fields of a Stats in a completion. */
type Numbers = Float64Array | BigInt64Array;

const FIELDS = 18;
/**
 * The file has changed if one of these fields differs: dev, mode, uid, gid, ino, size, and the times except the access
 * time.
 */
const TELLING = [0, 1, 3, 4, 7, 8, 12, 13, 14, 15, 16, 17];

const HEAD = { fn: 'watchFile', code: Code.stat, syscall: 'stat', kind: PATH, changes: false };
const copied = <T extends Numbers>(all: T, at: number): T => all.slice(at, at + FIELDS) as T;
const NUMBERS = { ...HEAD, result: (done: Completion): Numbers => copied(done.numbers(), done.at) };
const BIGINTS = { ...HEAD, result: (done: Completion): Numbers => copied(done.bigints(), done.at) };

const toStats = (fields: Numbers): Stats | BigIntStats =>
  fields instanceof Float64Array ? statsFrom(fields, 0) : bigIntStatsFrom(fields, 0);

/** The errors of a mount whose server or daemon is gone. Nobody knows then whether the file exists. */
const GONE: readonly unknown[] = ['ENOTCONN', 'ECONNABORTED', 'EHOSTDOWN', 'ESTALE'];

const isUnknown = (error: unknown): boolean =>
  isUnavailable(error) || GONE.includes((error as NodeJS.ErrnoException).code);

/** The events of a StatWatcher. */
export interface StatWatcherEvents {
  /** The file has changed. */
  change: [current: Stats, previous: Stats] | [current: BigIntStats, previous: BigIntStats];
  /**
   * The file system does not answer: not for a second, or not within the `timeout`, or its server is gone. With its
   * mount point.
   */
  stall: [mount: string];
  /** The file system answers again. With its mount point. */
  recover: [mount: string];
  /** No listener is left. */
  stop: [];
}

export interface Looking {
  readonly bigint: boolean;
  /** ms between two looks. */
  readonly interval: number;
  readonly persistent: boolean;
  /** ms that one look may take. */
  readonly timeout: number | undefined;
}

/** What watchFile() returns: it looks at one file for all of its listeners. */
export class StatWatcher extends EventEmitter<StatWatcherEvents> {
  readonly #path: string;
  readonly #how: Looking;
  readonly #interval: number;
  readonly #context = new AsyncResource('STATWATCHER');
  readonly #patience = new Patience(
    () => this.#tell('stall', this.#mount),
    () => this.#tell('recover', this.#mount),
  );
  #previous: Numbers;
  /** The outcome of the last look: 'none' before the first one, 'ok', or the errno. */
  #last: 'none' | 'ok' | number = 'none';
  /** The look that has not come back. */
  #look: Call<Numbers> | undefined;
  /** A look whose caller was freed, and its mount. While the kernel has it, no other look begins. */
  #left: { look: Call<Numbers>; mount: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOn = true;
  /**
   * References as Node counts them: one for each listener of watchFile(). At 0 the watcher does not keep the event loop
   * alive.
   */
  #refs = 1;
  #mostRefs = 1;

  /** @internal */
  constructor(path: string, how: Looking) {
    super();
    this.#path = path;
    this.#how = how;
    this.#interval = how.interval === 0 ? 1 : how.interval;
    this.#previous = how.bigint ? new BigInt64Array(FIELDS) : new Float64Array(FIELDS);
    if (!how.persistent) this.unref();
    this.#begin();
  }

  /** @internal A listener was added. */
  addRef(): void {
    this.#refs++;
    this.#mostRefs++;
    this.#showRefs();
  }

  /** @internal A listener was removed. */
  dropRef(): void {
    this.#mostRefs--;
    this.unref();
  }

  /** Lets this watcher keep the event loop alive, as it does at first. */
  ref(): this {
    if (this.#refs < this.#mostRefs) this.#refs++;
    this.#showRefs();
    return this;
  }

  /** Lets the event loop end while only this watcher is left, whatever its file system does. */
  unref(): this {
    if (this.#refs > 0) this.#refs--;
    this.#showRefs();
    return this;
  }

  #showRefs(): void {
    const keeps = this.#refs > 0;
    if (keeps) this.#timer?.ref();
    else this.#timer?.unref();
    if (this.#look !== undefined) keepsLoop(this.#look as Call<unknown>, keeps);
  }

  /** Does nothing. Node's StatWatcher has this method. */
  start(): void {}

  /** Stops the watcher. A look that is stuck is interrupted. Does nothing if the watcher has stopped. */
  stop(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    clearTimeout(this.#timer);
    this.#patience.end();
    const look = this.#look;
    this.#look = undefined;
    void look?.interrupt('interrupt', undefined, 0);
    this.#context.runInAsyncScope(nextTick, process, () => this.emit('stop'));
  }

  get #mount(): string {
    return mountTable().of(this.#path);
  }

  #tell<Name extends keyof StatWatcherEvents>(event: Name, ...args: StatWatcherEvents[Name]): void {
    // If a listener throws, that is an uncaught exception, and the next look comes all the same.
    this.#context.runInAsyncScope(nextTick, process, () => {
      if (this.#isOn) (this as EventEmitter).emit(event, ...args);
    });
  }

  #begin(): void {
    if (this.#isLeft()) {
      this.#again(now());
      return;
    }
    const { bigint, timeout } = this.#how;
    const look = pathCall(bigint ? BIGINTS : NUMBERS, this.#path, [this.#path], { timeout });
    if (bigint) setBigInts(look);
    const from = now();
    this.#look = look;
    this.#patience.begin();
    outside(() =>
      look.startFor({
        done: (fields) => this.#came(look, from, () => this.#found(fields as Numbers)),
        failed: (error) => this.#came(look, from, () => this.#failed(look, error)),
      }),
    );
    if (this.#refs === 0 && this.#look === look) keepsLoop(look as Call<unknown>, false);
  }

  /**
   * Returns whether the kernel still has a look whose caller was freed, and nothing else has been mounted there since.
   */
  #isLeft(): boolean {
    if (this.#left === undefined) return false;
    const { look, mount } = this.#left;
    if (look.state === 'abandoned' && mount === this.#mountId) return true;
    this.#left = undefined;
    return false;
  }

  get #mountId(): number {
    return mountTable().entryOf(this.#path)?.id ?? -1;
  }

  #came(look: Call<Numbers>, from: number, settle: () => void): void {
    if (this.#look !== look) return;
    this.#look = undefined;
    settle();
    this.#again(from);
  }

  /** Schedules the next look: a multiple of the interval after `from`, when the last one began. */
  #again(from: number): void {
    const ms = this.#interval - ((now() - from) % this.#interval);
    this.#timer = outside(() => setTimeout(() => this.#begin(), ms));
    if (this.#refs === 0) this.#timer.unref();
  }

  #found(fields: Numbers): void {
    this.#patience.answered();
    const before = this.#previous;
    const last = this.#last;
    this.#previous = fields;
    this.#last = 'ok';
    const isOther = last !== 'ok' || TELLING.some((index) => fields[index] !== before[index]);
    if (last !== 'none' && isOther) this.#change(fields, before);
  }

  #failed(look: Call<Numbers>, error: unknown): void {
    if (isUnknown(error)) {
      if (look.state === 'abandoned') this.#left = { look, mount: this.#mountId };
      this.#patience.lost();
      return;
    }
    this.#patience.answered();
    const { errno = -1 } = error as NodeJS.ErrnoException;
    if (this.#last === errno) return;
    this.#last = errno;
    const nothing = this.#how.bigint ? new BigInt64Array(FIELDS) : new Float64Array(FIELDS);
    this.#change(nothing, this.#previous);
  }

  #change(current: Numbers, previous: Numbers): void {
    this.#tell('change', toStats(current) as Stats, toStats(previous) as Stats);
  }
}
