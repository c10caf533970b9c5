// The other end of `keepalive: 'stdin'`.
import type { Readable } from 'node:stream';
import { argType } from '../node/errors';

/**
 * Aborted when `stream` comes to its end, fails or is closed: whoever started this program wants it to leave, or is
 * gone. What is read until then is thrown away. The stream does not keep the event loop alive.
 */
export function keepaliveSignal(stream: Readable = process.stdin): AbortSignal {
  if (typeof stream?.on !== 'function' || typeof stream.resume !== 'function') {
    throw argType('stream', 'a readable stream', stream);
  }
  const controller = new AbortController();
  const over = (): void =>
    controller.abort(new DOMException('The standard input has ended: nobody waits any more', 'AbortError'));
  if (stream.readableEnded || stream.destroyed) {
    over();
    return controller.signal;
  }
  for (const event of ['end', 'close', 'error']) stream.once(event, over);
  stream.resume();
  (stream as { unref?: () => void }).unref?.();
  return controller.signal;
}
