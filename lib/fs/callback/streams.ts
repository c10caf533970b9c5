// File streams: Node's own classes, whose calls are ours. Node's streams make their calls through a `fs` option, and
// where none is given through the module node:fs, which code may have patched; so one is given only where there is
// something to say that Node does not know.
import type * as fs from 'node:fs';
import type { Callback } from '../../call/callbacks';
import { boundAll, currentScope } from '../../call/current-scope';
import { AbortError } from '../../call/errors';
import { type AnyFunction, maker, standIn } from '../../node/imitate';
import { original } from '../../node/original';
import type { CallOptions } from '../../validate/call-options';
import { FileHandle } from '../handle/file-handle';
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

/** What is in node:fs when a stream calls it. */
const fsNow = require('node:fs') as Operations;
const PATCHED: Operations = Object.fromEntries(
  Object.keys(OPERATIONS).map((name) => [name, (...args: never[]) => fsNow[name]?.(...args)]),
);

interface StreamOptions extends CallOptions {
  fs?: unknown;
  fd?: unknown;
}

/** Whose calls they are; known when the stream has been made, which is before it makes the first. */
interface Owner {
  stream?: { errored?: Error | null | undefined };
}

/** Each call of the stream with the stream's own signal and timeout. */
function limited(operations: Operations, limits: CallOptions, owner: Owner): Operations {
  const made: Operations = { close: (...args) => operations.close?.(...args) };
  for (const name of ['fsync', 'open', 'read', 'write', 'writev']) {
    made[name] = (...args: unknown[]) => {
      const callback = args.pop() as Callback;
      // The signal has destroyed the stream by now, as Node does that. It is one abort: of the error of an open beside
      // the stream's own Node would make an AggregateError, which nobody takes for an AbortError.
      const done: Callback = (error, ...rest) =>
        callback((error instanceof AbortError ? owner.stream?.errored : undefined) ?? error, ...rest);
      return (operations[name] as (...all: unknown[]) => unknown)(...args, limits, done);
    };
  }
  return made;
}

/** `operations`: what the stream calls where its options do not say. */
function prepare(given: unknown, operations: Operations | undefined, owner: Owner): unknown {
  const options = (typeof given === 'string' ? { encoding: given } : given) as
    | StreamOptions
    | null
    | undefined;
  if (options !== undefined && options !== null && !isObject(options)) return given;
  if (options?.fs) return given;
  const { fd, signal, timeout } = ours(options ?? {}) as StreamOptions;
  if (isObject(fd)) return given;
  const isLimited = signal !== undefined || timeout !== undefined;
  if (isLimited) return { ...options, fs: boundAll(limited(OPERATIONS, { signal, timeout }, owner)) };
  // In a scope, there is.
  if (operations === undefined && currentScope() === undefined) return given;
  return { ...options, fs: boundAll(operations ?? PATCHED) };
}

type Closable = { close(): void };

function withOperations(
  options: unknown,
  operations: Operations | undefined,
  make: (options: unknown) => object,
): object {
  const owner: Owner = {};
  owner.stream = make(prepare(options, operations, owner));
  return owner.stream;
}

/** A stream on a handle of ours, which Node's stream does not know for one. */
function onHandle(options: unknown, make: (options: object) => Closable): Closable | undefined {
  if (!isObject(options)) return undefined;
  const { fd } = options as StreamOptions;
  return fd instanceof FileHandle ? makeStream(fd, options as StreamOptions, make) : undefined;
}

/** Classes that are Node's own, to `instanceof` and to who inherits from them as well. */
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

/** For pendingop/fs. */
export const ReadStream = stream(node.ReadStream, OPERATIONS);
export const WriteStream = stream(node.WriteStream, OPERATIONS);
export const createReadStream = maker<typeof fs.createReadStream>('createReadStream', () => ReadStream);
export const createWriteStream = maker<typeof fs.createWriteStream>('createWriteStream', () => WriteStream);

/** For node:fs once it is patched: the streams find our functions there. */
export const patchedReadStream = stream(node.ReadStream, undefined);
export const patchedWriteStream = stream(node.WriteStream, undefined);
