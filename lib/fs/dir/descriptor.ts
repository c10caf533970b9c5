// The descriptor of a Dir: its calls, its errors, and what becomes of it when its Dir is dropped.
import { resolve } from 'node:path';
import { Call } from '../../call';
import type { CallType } from '../../call/type';
import { Code, OpKind } from '../../engine/codes';
import { NodeError } from '../../node/errors';
import type { CallOptions } from '../../validate/call-options';
import type * as steps from '../plan/steps';
import { decodeEntries, type PathEncoding } from '../results/encoding';

const kind = OpKind.Top | OpKind.Dir;

export const READ: CallType<steps.Entry[]> = {
  fn: 'read',
  code: Code.dirread,
  syscall: 'scandir',
  kind,
  changes: false,
  result(done, call) {
    const entries: steps.Entry[] = [];
    decodeEntries(done, call.extra as PathEncoding, (name, type) => entries.push({ name, type }));
    return entries;
  },
};

/** As a part of a readSync(). */
export const READ_STEP: CallType<steps.Entry[]> = { ...READ, kind: OpKind.Dir };

const CLOSE: CallType<void> = {
  fn: 'close',
  code: Code.close,
  syscall: 'closedir',
  kind,
  changes: false,
  result: () => undefined,
};

export const closedError = (): NodeError => new NodeError('ERR_DIR_CLOSED', 'Directory handle was closed');

export const concurrencyError = (): NodeError =>
  new NodeError(
    'ERR_DIR_CONCURRENT_OPERATION',
    'Cannot do synchronous work on directory handle with concurrent asynchronous operations',
  );

/** The descriptor by itself: what is left when a Dir is dropped without a close. */
export interface Descriptor {
  fd: number;
  /** As the caller gave it. */
  readonly path: steps.Path;
  readonly absolute: string;
}

/** Gives the descriptor up to the caller. */
export function forget(descriptor: Descriptor): number {
  const { fd } = descriptor;
  descriptor.fd = -1;
  dropped.unregister(descriptor);
  return fd;
}

/** To be started once the descriptor is forgotten. */
export function closeCall(descriptor: Descriptor, options?: CallOptions): Call<void> {
  const call = new Call(CLOSE, options === undefined ? [] : [options], options);
  call.handlePath = descriptor.absolute;
  call.fd = descriptor.fd;
  return call;
}

export function closeDescriptor(descriptor: Descriptor): Promise<void> {
  const call = closeCall(descriptor);
  forget(descriptor);
  return call.start();
}

const dropped = new FinalizationRegistry<Descriptor>((descriptor) => {
  if (descriptor.fd === -1) return;
  const said = 'Closing directory handle on garbage collection';
  closeDescriptor(descriptor).then(
    () => process.emitWarning(said),
    () => process.emitWarning(`${said} failed`),
  );
});

export function descriptorOf(dir: object, fd: number, path: steps.Path): Descriptor {
  const text = typeof path === 'string' ? path : Buffer.from(path).toString();
  const descriptor = { fd, path, absolute: resolve(text) };
  dropped.register(dir, descriptor, descriptor);
  return descriptor;
}
