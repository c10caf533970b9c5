// Paths as text.
import { isAbsolute, resolve } from 'node:path';
import { isWindows } from './windows';

/**
 * Returns the path as text for errors and for people. As in Node, what is no text (bytes that are no UTF-8, lone
 * surrogates) is replaced.
 */
export function textOf(path: string | Uint8Array): string {
  if (typeof path === 'string') return path.isWellFormed() ? path : path.toWellFormed();
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString();
}

/** Returns one character for each byte, so that paths that are no UTF-8 compare exactly. */
export function byteText(path: string | Uint8Array): string {
  if (typeof path === 'string') return Buffer.from(path).toString('latin1');
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString('latin1');
}

/**
 * Returns the path as it is compared with mount points: one character for each byte; on Windows, where paths are text,
 * that text.
 */
export const placeText = (path: string | Uint8Array): string => (isWindows ? textOf(path) : byteText(path));

/** Returns the path that placeText() was made of: as bytes if no text says the same. */
export function pathOfPlace(place: string): string | Buffer {
  if (isWindows) return place;
  const bytes = Buffer.from(place, 'latin1');
  const text = bytes.toString();
  return byteText(text) === place ? text : bytes;
}

/** Returns '' if the working directory was removed. */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}

export function isRelative(path: string | Uint8Array): boolean {
  if (isWindows) return !isAbsolute(textOf(path));
  const first = typeof path === 'string' ? path.charCodeAt(0) : path[0];
  return first !== 47;
}

/** As paths are compared with mount points: on Windows drives and shares are written in upper and lower case. */
export const folded = (path: string): string => (isWindows ? path.toLowerCase() : path);

/** Resolves the path by its text alone: the disk is not touched. */
export function absolute(cwd: string, path: string): string {
  return path === '' ? '' : resolve(cwd === '' ? '/' : cwd, path);
}

/** The same for a path that may be no text, and is none then. */
export function absolutePath(cwd: string, path: string | Uint8Array): string | Buffer {
  if (typeof path === 'string') return absolute(cwd, textOf(path));
  return pathOfPlace(absolute(placeText(cwd), placeText(path)));
}

/**
 * Returns the path, one character for each byte, that was written so with escapes: a backslash and three octal digits
 * stand for a byte.
 */
export const unescapedBytes = (bytes: string): string =>
  bytes.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
