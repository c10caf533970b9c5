// Life of a FileHandle's descriptor: who uses it, when it may be closed, what happens to it when its handle is lost.
//
// The counting is Node's. The handle itself holds one reference, every call in flight one more, a stream one for its
// life. close() gives the handle's own reference up; the last one to go closes the descriptor. So a close waits for
// the calls in flight, and until then `fd` stays what it is. A call that was abandoned has settled: it holds no
// reference, and closing then is safe because the kernel keeps the open file alive for the call that is still in it.
import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { setTimeout } from 'node:timers';
import { Call } from '../../call';
import { disown } from '../../engine';
import { fileClosed, NodeError } from '../../node/errors';
import { absolute, workingDirectory } from '../../util/path-text';
import { close } from '../requests/attributes';
import { inheritFromNode } from './node-class';

export class Core {
  fd: number;
  readonly path: string;
  refs = 1;
  /** Registered for the loss of its handle. */
  watched = false;
  /** What close() returned while calls were in flight. */
  closing: Promise<void> | undefined = undefined;
  /** Does it when they are over. */
  closed: (() => void) | undefined = undefined;

  constructor(fd: number, path: string | Uint8Array) {
    this.fd = fd;
    const text = typeof path === 'string' ? path : Buffer.from(path).toString();
    // Absolute as of now: the working directory may have changed when somebody asks.
    this.path = text.charCodeAt(0) === 47 ? text : absolute(workingDirectory(), text);
  }
}

/** Takes the descriptor out of the core and closes it: nobody can reach the number once the kernel may reuse it. */
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

/** Handles that were dropped without a close. The core does not refer to its handle. */
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

// To register costs as much as the rest of a handle, and the collector more. Most handles are closed soon after they
// were opened: only those that outlive a moment are registered. Until then they cannot be collected.
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

/** With the first handle: it takes some time, and most programs have none. */
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

/** The part of FileHandle that the other files of the facade build on. */
export class HandleBase extends EventEmitter {
  readonly #core: Core;

  static {
    coreOf = (handle) => {
      // A method on something else.
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
   * Closes the descriptor as soon as no call on it is in flight; never interrupted, never repeated. An own
   * property as in Node, so that it can be passed on without its handle.
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

/** True from the call of close() on, while calls in flight still hold the descriptor open. */
export const isClosing = (handle: HandleBase): boolean => coreOf(handle).closing !== undefined;

/** Absolute; what it was opened by. */
export const pathOf = (handle: HandleBase): string => coreOf(handle).path;

export function retain(handle: HandleBase): void {
  coreOf(handle).refs++;
}

export function unretain(handle: HandleBase): void {
  release(coreOf(handle));
}

/** `settled` of every type of call on a handle: runs once for each start(), before the caller hears of the outcome. */
export function settled(call: Call<unknown>): void {
  release(coreOf(call.handle as HandleBase));
}

/** Starts a call on the handle. Its type's `settled` has to be the function above. */
export function startOn<T>(handle: HandleBase, call: Call<T>): Promise<T> {
  const core = coreOf(handle);
  call.fd = core.fd;
  call.handle = handle;
  call.handlePath = core.path;
  core.refs++;
  return call.start();
}

/** Node names the internal function here, not the method: `fstat` for stat(). */
export function rejectClosed(syscall: string): Promise<never> {
  return Promise.reject(fileClosed(syscall));
}

/** Runs a composite that belongs to the handle. */
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
