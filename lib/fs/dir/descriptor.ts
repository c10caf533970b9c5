// The descriptor of a Dir: its calls, its errors, and its close if the Dir is collected.
import { Call } from '../../call';
import { NodeError } from '../../node/errors';
import { absolutePath, workingDirectory } from '../../node/path-text';
import type { CallOptions } from '../../validate/call-options';
import type * as steps from '../plan/steps';
import { CLOSEDIR } from '../requests/directories';

export const closedError = (): NodeError => new NodeError('ERR_DIR_CLOSED', 'Directory handle was closed');

export const concurrencyError = (): NodeError =>
  new NodeError(
    'ERR_DIR_CONCURRENT_OPERATION',
    'Cannot do synchronous work on directory handle with concurrent asynchronous operations',
  );

/** The descriptor without its Dir: what is left if a Dir is collected without a close. */
export interface Descriptor {
  fd: number;
  /** As the caller gave it. */
  readonly path: steps.Path;
  /** As bytes if it is no text. */
  readonly absolute: string | Uint8Array;
}

/** Returns the descriptor, which the caller has to close. The Dir has none from here on. */
export function takeDescriptor(descriptor: Descriptor): number {
  const { fd } = descriptor;
  descriptor.fd = -1;
  dropped.unregister(descriptor);
  return fd;
}

/** Makes the close of a descriptor. Start it once the descriptor is taken. */
export function closeCall(descriptor: Descriptor, options?: CallOptions): Call<void> {
  const call = new Call(CLOSEDIR, options === undefined ? [] : [options], options);
  call.handlePath = descriptor.absolute;
  call.fd = descriptor.fd;
  return call;
}

export function closeDescriptor(descriptor: Descriptor): Promise<void> {
  const call = closeCall(descriptor);
  takeDescriptor(descriptor);
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
  const descriptor = { fd, path, absolute: absolutePath(workingDirectory(), path) };
  dropped.register(dir, descriptor, descriptor);
  return descriptor;
}
