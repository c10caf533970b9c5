// A call in words and as plain data: for logs and for JSON.
import { Code, OpKind } from '../engine/codes';
import { absolute, textOf } from '../node/path-text';
import type { Call } from './index';
import { pathnameOf } from './pending-op';

const LONGEST_SUBJECT = 200;
const DEEPEST = 4;

/** Quotes a text, so that a path or a label with a line break or an escape in it does not break a log. */
export function quoted(text: string): string {
  if (/^[\w./@+=:,~-]+$/.test(text)) return text;
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029]/g, escaped);
}

/** An argument as the table shows it: a buffer as its length in bytes. */
export function described(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (Array.isArray(value)) return value.some(ArrayBuffer.isView) ? value.map(described) : value;
  // Options may hold a buffer: read({ buffer }).
  if (
    typeof value !== 'object' ||
    value === null ||
    !ArrayBuffer.isView((value as { buffer?: unknown }).buffer)
  )
    return value;
  const options = value as { buffer: ArrayBufferView };
  return { ...options, buffer: options.buffer.byteLength };
}

/** Returns the absolute second path of a call that has two; for a symbolic link its target; '' if there is none. */
export function destOf(call: Call<unknown>): string {
  if (call.dest === undefined) return '';
  if (call.type.code === Code.symlink) return textOf(call.path);
  return absolute(call.cwd, textOf(call.dest));
}

/** Returns what the call is about: its paths, its descriptor, or what its arguments name. */
export function subjectOf(call: Call<unknown>): string {
  const path = pathnameOf(call);
  const dest = destOf(call);
  // In the order of Node's errors.
  if (dest !== '' && call.type.code === Code.symlink) return `${quoted(dest)} -> ${quoted(path)}`;
  if (path !== '') return dest === '' ? quoted(path) : `${quoted(path)} -> ${quoted(dest)}`;
  if (call.fd >= 0) return `fd ${call.fd}`;
  // The data of a task is no name.
  const args = (call.type.kind & OpKind.Task) !== 0 ? call.args.slice(0, 1) : call.args;
  const words = args
    .flat()
    .filter(isWord)
    .map((word) => quoted(String(word)));
  const text = words.join(' ');
  return text.length > LONGEST_SUBJECT ? `${text.slice(0, LONGEST_SUBJECT)}…` : text;
}

const isWord = (value: unknown): boolean => ['string', 'number', 'bigint', 'boolean'].includes(typeof value);

/** Returns the argument as JSON can hold it, whatever it contains. */
export function plain(value: unknown, depth = 0): unknown {
  const shown = described(value);
  switch (typeof shown) {
    case 'bigint':
      return String(shown);
    case 'function':
      return `[Function ${shown.name}]`;
    case 'symbol':
      return String(shown);
    case 'object':
      return shown === null ? null : plainObject(shown, depth);
    default:
      return shown;
  }
}

function plainObject(value: object, depth: number): unknown {
  if (value instanceof Date || value instanceof URL) return String(value);
  const name = Object.getPrototypeOf(value)?.constructor?.name ?? 'Object';
  const isOpen = Array.isArray(value) || name === 'Object';
  // An object with a class of its own (a signal, a port) tells nothing as data.
  if (!isOpen || depth === DEEPEST) return `[${name}]`;
  if (Array.isArray(value)) return value.map((entry) => plain(entry, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry, depth + 1)]));
}
