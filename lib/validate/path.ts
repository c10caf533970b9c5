// Paths, checked and converted as Node does.
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { argType, argValue } from '../node/errors';

const { isUint8Array } = types;

/** Returns the path as text or bytes. File URLs are converted; a path with a NUL is refused. */
export function validPath(path: unknown, name = 'path'): string | Uint8Array {
  if (typeof path === 'string') {
    if (!path.includes('\u0000')) return path;
  } else if (isUint8Array(path)) {
    if (!path.includes(0)) return path;
  } else if (isUrl(path)) {
    return validPath(fileURLToPath(path), name);
  } else {
    throw argType(name, 'of type string or an instance of Buffer or URL', path);
  }
  throw argValue(name, path, 'must be a string, Uint8Array, or URL without null bytes');
}

/**
 * As in Node, decided by its properties: URLs of other realms and of polyfills are accepted, objects of the legacy
 * `url.parse()` are not.
 */
function isUrl(value: unknown): value is URL {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  const url = value as Partial<Record<'href' | 'protocol' | 'auth' | 'path', unknown>>;
  return Boolean(url.href && url.protocol && url.auth === undefined && url.path === undefined);
}
