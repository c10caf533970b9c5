// Errors of the kernel in Node's form, and the error of a signal that is in use.
import { getSystemErrorMap } from 'node:util';

let known: Map<number, [string, string]> | undefined;

/**
 * Returns an error like `ENOENT: no such file or directory, open 'x'`, with the class, the message and the own
 * properties, in order, that Node gives it.
 */
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

/** The errors for which the C library's text is not libuv's text with a capital letter. */
const LIBRARY_WORDS: Readonly<Record<string, string>> = {
  EBUSY: 'Device or resource busy',
  EDQUOT: 'Disk quota exceeded',
  EEXIST: 'File exists',
  EIO: 'Input/output error',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
  ENFILE: 'Too many open files in system',
  ENOMEM: 'Cannot allocate memory',
  ENOTCONN: 'Transport endpoint is not connected',
  ENOTSUP: 'Operation not supported',
  ESTALE: 'Stale file handle',
  EXDEV: 'Invalid cross-device link',
};

/**
 * Returns an error like `EACCES, Permission denied 'x'`: Node's form for errors of C++'s std::filesystem, whose errnos
 * are positive.
 */
export function libraryError(errno: number, syscall: string, path: string): NodeJS.ErrnoException {
  known ??= getSystemErrorMap();
  const [code, text] = known.get(errno) ?? [`Unknown system error ${errno}`, ''];
  const words = LIBRARY_WORDS[code] ?? text.charAt(0).toUpperCase() + text.slice(1);
  const error: NodeJS.ErrnoException = new Error(`${code}, ${words} '${path}'`);
  error.errno = -errno;
  error.code = code;
  error.path = path;
  error.syscall = syscall;
  return error;
}

/** The signal that was to interrupt calls is handled or ignored by the process already. */
export function signalInUse(name: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(
    `The signal ${name} is in use: the process handles or ignores it already, and pendingop leaves it so; ` +
      'choose another signal with configure({ signal }) before the first call',
  );
  error.code = 'ERR_SIGNAL_IN_USE';
  return error;
}
