// readFile's option `buffer`, of Node 24: the content goes into the caller's memory. Here it is read as always, and
// copied.
import { argType, argValue } from '../../node/errors';
import { readsIntoBuffer } from '../../node/version';

/** A buffer, or a function that returns one for a size. */
export type BufferOption = NodeJS.ArrayBufferView | ((size: number) => unknown);

/** Returns the option, checked; undefined also if this Node does not know it. */
export function bufferOption(options: object): BufferOption | undefined {
  if (!readsIntoBuffer) return undefined;
  const { buffer } = options as { buffer?: unknown };
  if (buffer === undefined || typeof buffer === 'function' || ArrayBuffer.isView(buffer)) {
    return buffer as BufferOption | undefined;
  }
  throw argType(
    'options.buffer',
    'of type function or an instance of Buffer, TypedArray, or DataView',
    buffer,
  );
}

/** Returns what readFile returns: the part of the buffer with the content, or with an encoding the text. */
export function readInto(given: BufferOption, content: Buffer, encoding: unknown): Buffer | string {
  const size = content.length;
  const made = typeof given === 'function' ? given(size) : given;
  if (!ArrayBuffer.isView(made)) {
    throw argType('options.buffer()', 'an instance of Buffer, TypedArray, or DataView', made);
  }
  const room = Buffer.from(made.buffer as ArrayBuffer, made.byteOffset, made.byteLength);
  if (size > room.length) {
    const name = typeof given === 'function' ? 'options.buffer().byteLength' : 'options.buffer.byteLength';
    throw argValue(name, room.length, `is smaller than the file size of ${size} bytes`);
  }
  content.copy(room);
  const read = Buffer.isBuffer(made) ? made.subarray(0, size) : room.subarray(0, size);
  return encoding ? read.toString(encoding as BufferEncoding) : read;
}
