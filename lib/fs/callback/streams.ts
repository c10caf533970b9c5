// File streams: Node's own classes, whose calls are this package's. A stream makes its calls through its option `fs`;
// without one, through the module node:fs, which other code may have patched. So the option is given only if the calls
// need something that Node's stream does not pass on.
import type * as fs from 'node:fs';
import type { Callback } from '../../call/callbacks';
import { boundAll } from '../../call/current-scope';
import { InterruptError } from '../../call/errors';
import { type AnyFunction, maker, standIn } from '../../node/imitate';
import { original } from '../../node/original';
import { textOf } from '../../node/path-text';
import { nextTick } from '../../util/timers';
import type { CallOptions } from '../../validate/call-options';
import { FileHandle } from '../handle/file-handle';
import { Reading } from '../handle/reading';
import { makeStream } from '../handle/streams';
import { isObject, ours } from './define';
import { close, fsync, open } from './descriptors';
import { read, write, writev } from './transfers';

type Operations = Record<string, (...args: never[]) => unknown>;

const OPERATIONS = {
  close: close.face,
  fsync: fsync.face,
  open: open.face,
  read: read.face,
  write: write.face,
  writev: writev.face,
} as unknown as Operations;

/** Looks each function up in node:fs when the stream calls it. */
const fsNow = require('node:fs') as Operations;
const PATCHED: Operations = Object.fromEntries(
  Object.keys(OPERATIONS).map((name) => [name, (...args: never[]) => fsNow[name]?.(...args)]),
);

interface StreamOptions extends CallOptions {
  fs?: unknown;
  fd?: unknown;
}

/** As Node copies the options of a stream: with those that are inherited. */
function copied(options: object | null | undefined): StreamOptions {
  const made: Record<string, unknown> = {};
  for (const name in options) made[name] = Reflect.get(options, name);
  return made as StreamOptions;
}

/** The stream. It is known once its constructor has returned, which is before it makes its first call. */
interface Owner {
  stream?: DestroyableStream;
}

interface DestroyableStream extends NodeJS.EventEmitter {
  fd: number | null;
  readonly path?: string | Uint8Array;
  readonly destroyed: boolean;
  destroy(error?: Error | null): unknown;
  _destroy(error: Error | null, done: (error?: Error | null) => void): void;
}

/**
 * The calls of one stream, with the stream's signal and timeout. When the stream is destroyed, its read in flight is
 * interrupted.
 */
class Calls {
  readonly #operations: Operations;
  readonly #limits: CallOptions;
  readonly #owner: Owner;
  readonly #reading = new Reading();
  #inFlight = 0;

  constructor(operations: Operations, limits: CallOptions, owner: Owner) {
    this.#operations = operations;
    this.#limits = limits;
    this.#owner = owner;
  }

  operations(): Operations {
    const made: Operations = { close: (...args) => this.#operations.close?.(...args) };
    for (const name of ['fsync', 'open', 'read', 'write', 'writev']) {
      made[name] = (...args: unknown[]) => this.#call(name, args);
    }
    return made;
  }

  #call(name: string, args: unknown[]): unknown {
    const operation = this.#operations[name] as (...all: unknown[]) => unknown;
    const { signal, timeout } = this.#limits;
    // A function that somebody else has put into node:fs gets the arguments that Node gives it, and nothing more.
    if (operation !== OPERATIONS[name] && (fsNow[name] as unknown) !== OPERATIONS[name])
      return operation(...args);
    const callback = args.pop() as Callback;
    const reads = name === 'read';
    if (!reads && signal === undefined && timeout === undefined) return operation(...args, callback);
    const limits = { signal: reads ? this.#reading.begin(signal) : signal, timeout };
    this.#inFlight++;
    return operation(...args, limits, (error: unknown, ...rest: unknown[]) => {
      this.#inFlight--;
      if (error instanceof InterruptError) error.path ??= this.#path();
      if (reads && this.#reading.end()) callback(null, 0);
      else callback(error as Error | null, ...rest);
    });
  }

  /** The path of the stream's file: a call on a descriptor does not know it. */
  #path(): string | undefined {
    const path = this.#owner.stream?.path;
    return path === undefined ? undefined : textOf(path);
  }

  /** Called once the stream is known. */
  watch(): void {
    const stream = this.#owner.stream as DestroyableStream;
    this.#reading.watch(stream);
    const { signal } = this.#limits;
    if (signal === undefined) return;
    const abort = (): void => this.#abort(stream);
    if (signal.aborted) nextTick(abort);
    signal.addEventListener('abort', abort, { once: true });
    stream.once('close', () => signal.removeEventListener('abort', abort));
  }

  /**
   * If a call is in flight, that call ends with the abort's error. If none is, the stream is destroyed with the error
   * of a call that is not begun.
   */
  #abort(stream: DestroyableStream): void {
    if (this.#inFlight > 0 || stream.destroyed) return;
    const end = (error: Error | null): unknown => stream.destroy(error);
    const fd = stream.fd ?? 0;
    (OPERATIONS.read as (...all: unknown[]) => unknown)(fd, Buffer.alloc(1), 0, 1, null, this.#limits, end);
  }
}

/** `operations`: what the stream calls if its options do not say. */
function prepare(given: unknown, operations: Operations | undefined, owner: Owner): [unknown, Calls?] {
  const options = (typeof given === 'string' ? { encoding: given } : given) as
    | StreamOptions
    | null
    | undefined;
  if (options !== undefined && options !== null && !isObject(options)) return [given];
  if (options?.fs) return [given];
  const { fd, signal, timeout } = ours(options ?? {}) as StreamOptions;
  if (isObject(fd)) return [given];
  const isLimited = signal !== undefined || timeout !== undefined;
  const calls = new Calls(isLimited ? OPERATIONS : (operations ?? PATCHED), { signal, timeout }, owner);
  return [{ ...copied(options), signal: undefined, fs: boundAll(calls.operations()) }, calls];
}

type Closable = Pick<DestroyableStream, '_destroy'> & { close(): void };

function withOperations(
  options: unknown,
  operations: Operations | undefined,
  make: (options: unknown) => object,
): object {
  const owner: Owner = {};
  const [prepared, calls] = prepare(options, operations, owner);
  const made = make(prepared);
  owner.stream = made as DestroyableStream;
  calls?.watch();
  return made;
}

/** Returns a stream on a handle of this package, which Node's stream would not accept as one. */
function onHandle(options: unknown, make: (options: object) => Closable): Closable | undefined {
  if (!isObject(options)) return undefined;
  const { fd } = options as StreamOptions;
  return fd instanceof FileHandle ? makeStream(fd, copied(options), make) : undefined;
}

/** Returns a class that is Node's own to `instanceof` and to classes that inherit from it. */
function stream<T extends AnyFunction>(nodes: T, operations: Operations | undefined): T {
  return standIn(
    nodes,
    ([path, options], kind) =>
      onHandle(options, (own) => Reflect.construct(nodes, [path, own], kind)) ??
      withOperations(options, operations, (own) => Reflect.construct(nodes, [path, own], kind)),
    (self, [path, options]) =>
      onHandle(options, (own) => (Reflect.apply(nodes, self, [path, own]) ?? self) as Closable) ??
      withOperations(options, operations, (own) => Reflect.apply(nodes, self, [path, own]) ?? self),
  );
}

const node = original as unknown as Pick<typeof fs, 'ReadStream' | 'WriteStream'>;

/** For `pendingop/fs`. */
export const ReadStream = stream(node.ReadStream, OPERATIONS);
export const WriteStream = stream(node.WriteStream, OPERATIONS);
export const createReadStream = maker<typeof fs.createReadStream>('createReadStream', () => ReadStream);
export const createWriteStream = maker<typeof fs.createWriteStream>('createWriteStream', () => WriteStream);

/** For the patched node:fs: the streams find this package's functions there. */
export const patchedReadStream = stream(node.ReadStream, undefined);
export const patchedWriteStream = stream(node.WriteStream, undefined);
