// The life of a FileHandle's descriptor: who uses it, when it may be closed, and what happens to it if its handle is
// lost.
//
// The references are counted as Node does it. The handle itself holds one, every call in flight holds one, and a stream
// holds one for its life. close() gives up the handle's own reference, and the last reference to go closes the
// descriptor. So a close waits for the calls in flight, and until then `fd` keeps its value. An abandoned call has
// settled and holds no reference. Closing is safe all the same: the kernel keeps the open file alive for the call that
// is still in it.
import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { Call } from '../../call';
import { disown } from '../../engine';
import { fileClosed, NodeError } from '../../node/errors';
import { absolutePath, workingDirectory } from '../../node/path-text';
import { setTimeout } from '../../util/timers';
import { close } from '../requests/attributes';
import { inheritFromNode } from './node-class';

export class Core {
  fd: number;
  /** Absolute; as bytes if it is no text. */
  readonly path: string | Uint8Array;
  refs = 1;
  /** Whether the FinalizationRegistry watches the handle. */
  watched = false;
  /** The promise of close(), if it was called while calls were in flight. */
  closing: Promise<void> | undefined = undefined;
  /** Closes the descriptor. Called when no call is in flight any more. */
  closed: (() => void) | undefined = undefined;

  constructor(fd: number, path: string | Uint8Array) {
    this.fd = fd;
    // Made absolute now: the working directory may be another one when the path is read.
    const isText = typeof path === 'string';
    this.path = isText && path.charCodeAt(0) === 47 ? path : absolutePath(workingDirectory(), path);
  }
}

/**
 * Takes the descriptor out of the core before closing it: once the kernel may reuse the number, nobody can reach it.
 */
function startClose(core: Core, handle: object | undefined): Promise<void> {
  const call = new Call(close.type, []);
  call.fd = core.fd;
  call.handle = handle;
  call.handlePath = core.path;
  core.fd = -1;
  if (core.watched) dropped.unregister(core);
  return call.start();
}

function release(core: Core): void {
  if (--core.refs === 0) core.closed?.();
}

let warned = false;

/** Closes handles that were collected without a close. A core has no reference to its handle. */
const dropped = new FinalizationRegistry<Core>((core) => {
  const { fd } = core;
  if (fd === -1) return;
  startClose(core, undefined).then(
    () => {
      process.emitWarning(`Closing file descriptor ${fd} on garbage collection`);
      if (warned) return;
      warned = true;
      process.emitWarning(
        'Closing a FileHandle object on garbage collection is deprecated. Please close FileHandle objects ' +
          'explicitly using FileHandle.prototype.close(). In the future, an error will be thrown if a file ' +
          'descriptor is closed during garbage collection.',
        'DeprecationWarning',
        'DEP0137',
      );
    },
    (error: Error) => {
      process.emitWarning(`Closing file descriptor ${fd} on garbage collection failed: ${error.message}`);
    },
  );
});

// Registering a handle costs as much as the rest of it, and costs the garbage collector even more. Most handles are
// closed soon after they were opened, so only those that outlive a moment are registered. Until then `young` keeps them
// alive.
const MOMENT_MS = 20;
const MOST_YOUNG = 1024;
let young: HandleBase[] = [];

function watchSoon(handle: HandleBase): void {
  const count = young.push(handle);
  if (count === 1) setTimeout(watchYoung, MOMENT_MS).unref();
  else if (count === MOST_YOUNG) watchYoung();
}

function watchYoung(): void {
  const handles = young;
  young = [];
  for (const handle of handles) {
    const core = coreOf(handle);
    if (core.fd === -1 || core.watched) continue;
    core.watched = true;
    dropped.register(handle, core, core);
  }
}

const NO_HANDLE = `handle must be an instance of FileHandle
This is caused by either a bug in Node.js or incorrect usage of Node.js internals.
Please open an issue with this stack trace at https://github.com/nodejs/node/issues
`;

let coreOf: (handle: HandleBase) => Core;

let inherits = false;

/** Done with the first handle: it takes some time, and most programs have no handle. */
function inherit(prototype: HandleBase): void {
  if (inherits) return;
  inherits = true;
  inheritFromNode(HandleBase, prototype, { retain, unretain, unused, giveUp });
}

function unused(handle: HandleBase): number {
  const { closing, fd, refs } = coreOf(handle);
  return closing === undefined && refs === 1 ? fd : -1;
}

function giveUp(handle: HandleBase): void {
  const core = coreOf(handle);
  disown(core.fd);
  core.fd = -1;
  core.refs = 0;
  if (core.watched) dropped.unregister(core);
}

/** The part of FileHandle that the other files here build on. */
export class HandleBase extends EventEmitter {
  readonly #core: Core;

  static {
    coreOf = (handle) => {
      // The method was called on an object that is no FileHandle.
      if (!(#core in handle)) throw new NodeError('ERR_INTERNAL_ASSERTION', NO_HANDLE);
      return handle.#core;
    };
  }

  /** @internal */
  constructor(fd: number, path: string | Uint8Array) {
    inherit(new.target.prototype);
    super();
    const core = new Core(fd, path);
    this.#core = core;
    watchSoon(this);
  }

  /** The descriptor; -1 once it is closed. */
  get fd(): number {
    return this.#core.fd;
  }

  /**
   * Closes the descriptor as soon as no call on it is in flight. A close is never interrupted and never repeated. As in
   * Node, it is an own property, so that it can be passed on without its handle.
   */
  readonly close = (): Promise<void> => {
    const core = this.#core;
    if (core.fd === -1) return Promise.resolve();
    if (core.closing) return core.closing;
    if (--core.refs === 0) {
      core.closing = startClose(core, this);
    } else {
      core.closing = new Promise((settle) => {
        core.closed = AsyncResource.bind(() => settle(startClose(core, this)));
      });
    }
    const { closing } = core;
    this.emit('close');
    return closing;
  };
}

/** Returns true from the call of close() on, while calls in flight still hold the descriptor open. */
export const isClosing = (handle: HandleBase): boolean => coreOf(handle).closing !== undefined;

/** Returns the absolute path that the handle was opened by. */
export const pathOf = (handle: HandleBase): string | Uint8Array => coreOf(handle).path;

export function retain(handle: HandleBase): void {
  coreOf(handle).refs++;
}

export function unretain(handle: HandleBase): void {
  release(coreOf(handle));
}

/** `settled` of every type of call on a handle. It runs once for each start(), before the caller gets the outcome. */
export function settled(call: Call<unknown>): void {
  release(coreOf(call.handle as HandleBase));
}

/** Starts a call on the handle. `settled` of its type has to be the function above. */
export function startOn<T>(handle: HandleBase, call: Call<T>): Promise<T> {
  const core = coreOf(handle);
  call.fd = core.fd;
  call.handle = handle;
  call.handlePath = core.path;
  core.refs++;
  return call.start();
}

/** Node's error names the internal function, not the method: `fstat` for stat(). */
export function rejectClosed(syscall: string): Promise<never> {
  return Promise.reject(fileClosed(syscall));
}

/** Runs a composite that holds a reference on the handle. */
export function withHandle<T>(handle: HandleBase, run: () => Promise<T>): Promise<T> {
  retain(handle);
  return run().finally(() => unretain(handle));
}

export function attach(handle: HandleBase, call: Call<unknown>): void {
  const core = coreOf(handle);
  call.fd = core.fd;
  call.handle = handle;
  call.handlePath = core.path;
}
