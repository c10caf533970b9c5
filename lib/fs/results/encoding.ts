// Turns the bytes of a completion into what the caller's `encoding` asks for.
import { StringDecoder } from 'node:string_decoder';
import type { Completion } from '../../call/type';
import { readsInOneTrip } from '../../node/version';
import type { Encoding } from '../../validate/call-options';

const SLASH = 0x2f;

/** A path or file name: text, UTF-8 unless told, or a Buffer. */
export function decodePath(done: Completion, encoding: Encoding): string | Buffer {
  return encoding === 'buffer' ? done.bytes() : done.text(encoding || 'utf8');
}

/** A file's content: a Buffer unless an encoding is given. */
export function decodeFile(done: Completion, encoding: Encoding): string | Buffer {
  if (!encoding) return done.bytes();
  if (readsInOneTrip && done.length === 0) return '';
  // 'buffer' names no decoder; the file was read all the same, and Node complains only now, with this very error.
  if (encoding === 'buffer') return new StringDecoder(encoding as BufferEncoding).end(done.bytes());
  return done.text(encoding);
}

/**
 * True where the whole listing can be decoded at once and split afterwards: in UTF-8 (invalid sequences included,
 * for a decoder resumes at the slash) and Latin-1 the byte 0x2f is always the separator and nothing else is.
 */
function splitsAsText(encoding: Encoding): boolean {
  if (!encoding) return true;
  switch (encoding.toLowerCase()) {
    case 'utf8':
    case 'utf-8':
    case 'latin1':
    case 'binary':
      return true;
    default:
      return false;
  }
}

/** Calls `each` with every entry's bounds in the payload; the end is where its '/' stands. */
function eachEntry(bytes: Buffer, each: (start: number, end: number) => void): void {
  let start = 0;
  for (let end = bytes.indexOf(SLASH); end !== -1; end = bytes.indexOf(SLASH, start)) {
    each(start, end);
    start = end + 1;
  }
}

const nameOf = (bytes: Buffer, encoding: Encoding): string | Buffer =>
  encoding === 'buffer' ? Buffer.from(bytes) : bytes.toString(encoding as BufferEncoding);

/** The names of a directory listing without types. */
export function decodeNames(done: Completion, encoding: Encoding): (string | Buffer)[] {
  if (done.length === 0) return [];
  if (splitsAsText(encoding)) {
    const names = done.text((encoding || 'utf8') as BufferEncoding).split('/');
    names.pop();
    return names;
  }
  const names: (string | Buffer)[] = [];
  const bytes = done.bytes();
  eachEntry(bytes, (start, end) => names.push(nameOf(bytes.subarray(start, end), encoding)));
  return names;
}

/** Calls `each` with every name of a listing with types, and its type (UV_DIRENT_*, 0 where the kernel said nothing). */
export function decodeEntries(
  done: Completion,
  encoding: Encoding,
  each: (name: string | Buffer, type: number) => void,
): void {
  if (done.length === 0) return;
  if (!splitsAsText(encoding)) {
    const bytes = done.bytes();
    eachEntry(bytes, (start, end) => {
      each(nameOf(bytes.subarray(start + 1, end), encoding), (bytes[start] as number) - 0x30);
    });
    return;
  }
  const text = done.text((encoding || 'utf8') as BufferEncoding);
  let start = 0;
  for (let end = text.indexOf('/'); end !== -1; end = text.indexOf('/', start)) {
    each(text.slice(start + 1, end), text.charCodeAt(start) - 0x30);
    start = end + 1;
  }
}
