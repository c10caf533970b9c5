// Names of files and mounts may hold any bytes. A byte that is no UTF-8 is a lone surrogate in text here (0xff is
// U+DCFF, as in Python), so that names differ as their bytes do.
import { unescapedBytes as bytesOf } from '../../node/path-text';

/** One character of UTF-8, one character for each byte; the second alternative is a byte that belongs to none. */
const CHARACTERS =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|([\x80-\xff])/g;
const LONE = 0xdc00;

/** Returns the text of bytes that are given as one character for each. */
export const decode = (bytes: string): string =>
  bytes.replace(CHARACTERS, (character: string, byte?: string) =>
    byte === undefined
      ? Buffer.from(character, 'latin1').toString()
      : String.fromCharCode(LONE + byte.charCodeAt(0)),
  );

/** Returns the bytes of such a text. */
export const encode = (text: string): Buffer =>
  Buffer.concat(
    text
      .split(/([\udc80-\udcff])/u)
      .map((piece) =>
        /^[\udc80-\udcff]$/u.test(piece) ? Buffer.of(piece.charCodeAt(0) - LONE) : Buffer.from(piece),
      ),
  );

/** Whether the text names bytes that are no UTF-8. */
export const hasBytes = (text: string): boolean => /[\udc80-\udcff]/u.test(text);

/** Returns each byte of the text as a backslash and three octal digits. */
export const octal = (text: string): string =>
  [...encode(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');

/** Replaces the characters that match, and bytes that are no UTF-8, by a backslash and three octal digits each. */
export const inOctal = (text: string, unsafe: RegExp): string =>
  [...text].map((char) => (unsafe.test(char) || hasBytes(char) ? octal(char) : char)).join('');

/** Returns the name as the control socket has it: only what is no UTF-8 is escaped, and the backslash, which escapes. */
export const forSocket = (name: string): string => inOctal(name, /\\/);

/** What moves a cursor, ends a line or turns the direction of text. */
export const MOVES = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/**
 * Returns the name as the commands print a mount point, and as `abort` takes it: two names differ in this form, too,
 * and nothing in it moves a cursor.
 */
export const escaped = (name: string): string => inOctal(name, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\]/u);

/** Returns the name behind bytes, one character for each, that were escaped so by us or by the kernel. */
export const unescapedBytes = (bytes: string): string => decode(bytesOf(bytes));

/** Returns the name that was escaped. */
export const unescaped = (text: string): string => unescapedBytes(encode(text).toString('latin1'));
