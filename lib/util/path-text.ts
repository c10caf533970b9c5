// Paths as text.
import { resolve } from 'node:path';

/** For errors and for people: what is no text (bytes that are no UTF-8, lone surrogates) is replaced, as Node does. */
export function textOf(path: string | Uint8Array): string {
  if (typeof path === 'string') return /\p{Surrogate}/u.test(path) ? Buffer.from(path).toString() : path;
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString();
}

/** One character for each byte, so that paths that are no UTF-8 compare exactly. */
export function byteText(path: string | Uint8Array): string {
  if (typeof path === 'string') return Buffer.from(path).toString('latin1');
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString('latin1');
}

/** '' when it is gone. */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}

export function isRelative(path: string | Uint8Array): boolean {
  const first = typeof path === 'string' ? path.charCodeAt(0) : path[0];
  return first !== 47;
}

/** By its text alone, without a look at the disk. */
export function absolute(cwd: string, path: string): string {
  return path === '' ? '' : resolve(cwd === '' ? '/' : cwd, path);
}
