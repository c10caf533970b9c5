// The errors of the kernel as Node shows them, and the one of a signal that is in use.
import { getSystemErrorMap } from 'node:util';

let known: Map<number, [string, string]> | undefined;

/** `ENOENT: no such file or directory, open 'x'`: the class, the message and the own properties in Node's order. */
export function systemError(
  errno: number,
  syscall: string,
  path?: string,
  dest?: string,
): NodeJS.ErrnoException {
  known ??= getSystemErrorMap();
  const [code, text] = known.get(errno) ?? [`Unknown system error ${errno}`, ''];
  let message = text ? `${code}: ${text}, ${syscall}` : `${code}: ${code}, ${syscall}`;
  if (path !== undefined) message += ` '${path}'`;
  if (dest !== undefined) message += ` -> '${dest}'`;
  const error: NodeJS.ErrnoException & { dest?: string } = new Error(message);
  error.errno = errno;
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  if (dest !== undefined) error.dest = dest;
  return error;
}

/** Somebody else handles the signal that was to make calls leave the kernel. */
export function signalInUse(name: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(
    `The signal ${name} already has a handler that does not belong to pendingop, which leaves it in place; ` +
      'choose another signal with configure({ signal }) before the first call',
  );
  error.code = 'ERR_SIGNAL_IN_USE';
  return error;
}
