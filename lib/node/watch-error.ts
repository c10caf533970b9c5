// The error of Node's watchers: as its UVException, with the path once more as `filename`.
import { getSystemErrorMap } from 'node:util';

const ENOSPC = -28;

export interface WatchError extends NodeJS.ErrnoException {
  filename?: string | Uint8Array;
}

/** `path`: as the caller gave it; `text`: for the message. */
export function watchError(errno: number, path: string | Uint8Array, text: string): WatchError {
  const [code, said] = getSystemErrorMap().get(errno) ?? [`Unknown system error ${errno}`, ''];
  // All that a user knows of this number is that the disk is full.
  const what = errno === ENOSPC ? 'System limit for number of file watchers reached' : said;
  // Only an empty string is left out of the message: Node asks whether there is a path, and a Buffer is one.
  const error: WatchError = new Error(`${code}: ${what}, watch${path === '' ? '' : ` '${text}'`}`);
  error.errno = errno;
  error.syscall = 'watch';
  error.code = code;
  if (text !== '') error.path = text;
  error.filename = path;
  return error;
}
