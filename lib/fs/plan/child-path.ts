// The path of an entry of a directory.
import { sep } from 'node:path';
import type { Path } from '../requests/request';

const SEPARATOR = sep.charCodeAt(0);
const SEPARATOR_BYTES = Buffer.from(sep);

/** Text if both parts are; otherwise bytes, since bytes that are no UTF-8 would not survive. */
export function childPath(path: Path, name: string | Buffer): string | Buffer {
  if (typeof path === 'string' && typeof name === 'string')
    return path.charCodeAt(path.length - 1) === SEPARATOR ? `${path}${name}` : `${path}${sep}${name}`;
  return childBytes(Buffer.from(path as string), Buffer.from(name as string));
}

/** Below an empty path, the name alone. */
export const childBytes = (path: Buffer, name: Buffer): Buffer =>
  path.length === 0 || path.at(-1) === SEPARATOR
    ? Buffer.concat([path, name])
    : Buffer.concat([path, SEPARATOR_BYTES, name]);
