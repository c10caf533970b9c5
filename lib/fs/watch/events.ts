// promises.watch(): the events of a watcher, for `for await`.
import type { PathLike } from 'node:fs';
import type { FileChangeInfo } from 'node:fs/promises';
import { abortError, argValue, NodeError } from '../../node/errors';
import { promisesWatch } from '../../node/original';
import { watchQueues } from '../../node/version';
import { validateBoolean, validateInteger, validateObject } from '../../validate/values';
import type { FSWatcher } from './fs-watcher';
import type { EventType } from './marks';
import { type Begin, type OwnBuffer, prepare, type WatchOptions } from './watch';

/** Options of `watch` of `pendingop/fs/promises`. */
export interface WatchEventsOptions extends WatchOptions {
  /**
   * The number of events that are kept until they are asked for.
   * @default 2048
   */
  maxQueue?: number | undefined;
  /**
   * What happens to events beyond that number: `ignore` drops them with a warning, `error` ends the iteration with an
   * error.
   * @default 'ignore'
   */
  overflow?: 'ignore' | 'error' | undefined;
}

/** The signatures of watch() of `pendingop/fs/promises`. Names are Buffers if `encoding` is 'buffer', else text. */
export interface WatchEvents {
  (
    filename: PathLike,
    options: (WatchEventsOptions & { encoding: 'buffer' }) | 'buffer',
  ): AsyncIterable<FileChangeInfo<OwnBuffer>>;
  (filename: PathLike, options?: WatchEventsOptions | BufferEncoding): AsyncIterable<FileChangeInfo<string>>;
  (
    filename: PathLike,
    options: WatchEventsOptions | string,
  ): AsyncIterable<FileChangeInfo<string>> | AsyncIterable<FileChangeInfo<OwnBuffer>>;
}

type Options = Omit<WatchEventsOptions, 'timeout'>;

interface Event {
  readonly eventType: EventType;
  readonly filename: string | Buffer;
}

const OVERFLOWS: readonly unknown[] = ['ignore', 'error'];
const MOST = 2048;

/** Since Node 22 events have no prototype, except those of its recursive watchers. */
function eventOf(eventType: EventType, filename: string | Buffer, isPlain: boolean): Event {
  return Object.assign(isPlain ? {} : Object.create(null), { eventType, filename });
}

/** Throws if Node's function is to be called instead. */
function parse(filename: unknown, given: unknown): { begin: Begin; options: Options } {
  validateObject(given, 'options');
  const options = given as Options;
  const { encoding, persistent, recursive, maxQueue, overflow } = options;
  // Here Node does not take 'buffer' for an encoding.
  if (encoding && !Buffer.isEncoding(encoding)) throw argValue('encoding', encoding);
  for (const [name, value] of Object.entries({ persistent, recursive }))
    if (value !== undefined) validateBoolean(value, `options.${name}`);
  if (watchQueues) {
    if (maxQueue !== undefined) validateInteger(maxQueue, 'options.maxQueue');
    if (overflow !== undefined && !OVERFLOWS.includes(overflow))
      throw argValue('options.overflow', overflow, "must be one of: 'ignore', 'error'");
  }
  return { begin: prepare(filename, options, [filename, options]), options };
}

async function* eventsOf(args: [filename: unknown, options?: unknown]): AsyncGenerator<Event, void> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args[0], args[1] === undefined ? {} : args[1]);
  } catch {
    yield* promisesWatch()(...(args as [string, object])) as AsyncIterable<Event>;
    return;
  }
  const { begin, options } = parsed;
  const { signal } = options;
  if (signal?.aborted) throw abortError(signal.reason);
  const queue = new Queue(begin(), options);
  try {
    for (;;) {
      await queue.filled();
      yield* queue.take();
      if (signal?.aborted) throw abortError(signal.reason);
    }
  } finally {
    queue.end();
  }
}

/** Keeps the events of a watcher until they are asked for. */
class Queue {
  readonly #watcher: FSWatcher;
  readonly #signal: AbortSignal | undefined;
  #events: Event[] = [];
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(watcher: FSWatcher, { maxQueue = MOST, overflow = 'ignore', recursive, signal }: Options) {
    this.#watcher = watcher;
    this.#signal = signal;
    const isPlain = recursive === true || !watchQueues;
    watcher.on('change', (type, name) => {
      if (this.#failure !== undefined) return;
      if (this.#events.length < maxQueue) {
        this.#events.push(eventOf(type, name, isPlain));
      } else if (overflow === 'error') {
        const message = `fs.watch() queued more than ${maxQueue} events`;
        this.#events = [];
        this.#failure = { error: new NodeError('ERR_FS_WATCH_QUEUE_OVERFLOW', message) };
      } else {
        process.emitWarning('fs.watch maxQueue exceeded');
        return;
      }
      this.#tell();
    });
    watcher.on('error', (error) => {
      this.#failure ??= { error };
      this.#tell();
    });
    signal?.addEventListener('abort', this.#tell, { once: true });
  }

  readonly #tell = (): void => this.#wake?.();

  /** Resolves once there is something to take, or the signal is aborted. */
  async filled(): Promise<void> {
    if (this.#events.length > 0 || this.#failure !== undefined || this.#signal?.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Returns each event once. A failure comes after the events before it. */
  *take(): Generator<Event> {
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) yield event;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  end(): void {
    this.#signal?.removeEventListener('abort', this.#tell);
    this.#watcher.close();
  }
}

/** Not an async generator function itself: the arguments are checked when the first event is asked for. */
export const watchEvents = function watch(...args: [unknown, unknown?]): AsyncIterable<Event> {
  return eventsOf(args);
} as unknown as WatchEvents;
