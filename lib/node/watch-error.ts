// The error of Node's watchers: its UVException, with the path once more as `filename`.
import { getSystemErrorMap } from 'node:util';

const ENOSPC = -28;

export interface WatchError extends NodeJS.ErrnoException {
  filename?: string | Uint8Array;
}

/** `path`: as the caller gave it. `text`: the path in the message. */
export function watchError(errno: number, path: string | Uint8Array, text: string): WatchError {
  const [code, said] = getSystemErrorMap().get(errno) ?? [`Unknown system error ${errno}`, ''];
  // Node's own text: libuv's text for ENOSPC says only that the disk is full.
  const what = errno === ENOSPC ? 'System limit for number of file watchers reached' : said;
  // As in Node, only an empty string is left out of the message; an empty Buffer is not.
  const error: WatchError = new Error(`${code}: ${what}, watch${path === '' ? '' : ` '${text}'`}`);
  error.errno = errno;
  error.syscall = 'watch';
  error.code = code;
  if (text !== '') error.path = text;
  error.filename = path;
  return error;
}
