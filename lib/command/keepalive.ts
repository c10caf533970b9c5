// keepaliveSignal(): the other end of `keepalive: 'stdin'`.
import type { Readable } from 'node:stream';
import { argType } from '../node/errors';

/**
 * Returns a signal that is aborted when `stream` ends, fails or is closed: then the process that started this one wants
 * it to end, or is gone. Everything that comes on the stream is dropped. The stream does not keep the event loop alive.
 *
 * @param stream - the stream to watch. Default: `process.stdin`
 * @throws ERR_INVALID_ARG_TYPE if `stream` is no readable stream
 * @example
 * ```ts
 * import { keepaliveSignal } from 'pendingop/command';
 * const signal = keepaliveSignal();
 * signal.addEventListener('abort', () => process.exit());
 * ```
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
