// Decodes the bytes of a completion as the caller's `encoding` asks for.
import { StringDecoder } from 'node:string_decoder';
import type { Completion } from '../../call/type';
import { readsInOneTrip } from '../../node/version';
import type { Encoding } from '../../validate/call-options';

const SLASH = 0x2f;

/** Decodes a path or file name: as a Buffer, or as text, in UTF-8 by default. */
export function decodePath(done: Completion, encoding: Encoding): string | Buffer {
  return encoding === 'buffer' ? done.bytes() : done.text(encoding || 'utf8');
}

/** Returns the content of a file: a Buffer, or with an encoding a string. */
export function decodeFile(done: Completion, encoding: Encoding): string | Buffer {
  if (!encoding) return done.bytes();
  if (readsInOneTrip && done.length === 0) return '';
  // There is no decoder for 'buffer'. As in Node, this throws only after the file was read.
  if (encoding === 'buffer') return new StringDecoder(encoding as BufferEncoding).end(done.bytes());
  return done.text(encoding);
}

/**
 * Returns whether a listing can be decoded as a whole and split afterwards. In UTF-8 and Latin-1 the byte 0x2f is
 * always the separator, and nothing else is; that holds for invalid UTF-8, too, since a decoder resumes at the slash.
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

/** Calls `each` with the bounds of every entry in the payload. `end` is the index of its '/'. */
function eachEntry(bytes: Buffer, each: (start: number, end: number) => void): void {
  let start = 0;
  for (let end = bytes.indexOf(SLASH); end !== -1; end = bytes.indexOf(SLASH, start)) {
    each(start, end);
    start = end + 1;
  }
}

const nameOf = (bytes: Buffer, encoding: Encoding): string | Buffer =>
  encoding === 'buffer' ? Buffer.from(bytes) : bytes.toString(encoding as BufferEncoding);

/** Decodes the names of a directory listing without types. */
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

/**
 * Calls `each` with every name of a listing with types, and its type (UV_DIRENT_*; 0: the kernel did not tell the
 * type).
 */
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
