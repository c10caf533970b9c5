// The path of an entry of a directory.
import { sep } from 'node:path';
import type { Path } from '../requests/request';

const SEPARATOR = sep.charCodeAt(0);

/** Text if both parts are; otherwise bytes, since bytes that are no UTF-8 would not survive. */
export function childPath(path: Path, name: string | Buffer): string | Buffer {
  if (typeof path === 'string' && typeof name === 'string')
    return path.charCodeAt(path.length - 1) === SEPARATOR ? `${path}${name}` : `${path}${sep}${name}`;
  const above = typeof path === 'string' ? Buffer.from(path) : path;
  const below = typeof name === 'string' ? Buffer.from(name) : name;
  return Buffer.concat(above.at(-1) === SEPARATOR ? [above, below] : [above, Buffer.from(sep), below]);
}
