// What Node does with paths on Windows before libuv has them, and with those in its errors. Elsewhere nothing.
import { isUtf8 } from 'node:buffer';
import { isAbsolute, resolve, toNamespacedPath } from 'node:path';
import { prefixesInNative } from './version';

export const isWindows = process.platform === 'win32';

type Path = string | Uint8Array;

const asText = (path: Uint8Array): string =>
  Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString();

/** As libuv is to have it: absolute, with the prefix that lets it be long. */
export function namespaced(path: Path): Path {
  if (!isWindows) return path;
  if (typeof path === 'string') return toNamespacedPath(path);
  // Bytes that are no text stay as they are, and libuv refuses them.
  return prefixesInNative && isUtf8(path) ? toNamespacedPath(asText(path)) : path;
}

/** The path that rm and cp begin to walk from, and name in their own errors. */
export const treePath = (path: Path): Path => (prefixesInNative ? path : namespaced(path));

/** libuv forgets a path that it cannot turn into UTF-16, and fails. */
export const isKnownToUv = (path: Path): boolean => !isWindows || typeof path === 'string' || isUtf8(path);

/** As people are to see what libuv has had. */
export function withoutPrefix(path: string): string {
  if (!isWindows) return path;
  if (path.startsWith('\\\\?\\UNC\\')) return `\\\\${path.slice(8)}`;
  return path.startsWith('\\\\?\\') ? path.slice(4) : path;
}

/** libuv's UV_FS_SYMLINK_*; binding/ops/windows/link.cc has the last one, for a type that the target is to tell. */
const LINK_TYPES: Readonly<Record<string, number>> = { file: 0, dir: 1, junction: 2 };
const BY_TARGET = -1;

/** The text of a symbolic link there, the type of the link, and what is to be looked at if that is not known. */
export function linkOf(
  target: Path,
  path: Path,
  type: unknown,
): { text: Path; type: number; looksAt: string | undefined } {
  const text = typeof target === 'string' ? target : asText(target);
  const at = typeof path === 'string' ? path : asText(path);
  const known = typeof type === 'string' ? LINK_TYPES[type] : undefined;
  const looksAt = known === undefined ? resolve(at, '..', text) : undefined;
  const number = known ?? BY_TARGET;
  if (type === 'junction') return { text: toNamespacedPath(resolve(at, '..', text)), type: number, looksAt };
  if (isAbsolute(text)) return { text: toNamespacedPath(text), type: number, looksAt };
  return { text: text.replaceAll('/', '\\'), type: number, looksAt };
}
