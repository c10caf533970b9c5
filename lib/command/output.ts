// Collects what a command writes to one of its pipes.
import type { Readable } from 'node:stream';
import { noop } from '../util/noop';

export class Output {
  /** Settles when no process has the pipe open any more. */
  readonly ended: Promise<void>;
  complete = false;
  readonly #stream: Readable;
  readonly #pieces: Buffer[] = [];
  #length = 0;

  constructor(stream: Readable, most: number, tooMuch: () => void) {
    this.#stream = stream;
    stream.on('error', noop);
    this.ended = new Promise((resolve) => {
      stream.once('end', () => {
        this.complete = true;
        resolve();
      });
      stream.once('close', resolve);
    });
    stream.on('data', (piece: Buffer) => {
      const room = most - this.#length;
      if (room > 0) this.#pieces.push(piece.length > room ? piece.subarray(0, room) : piece);
      this.#length += Math.min(room, piece.length);
      if (piece.length > room) tooMuch();
    });
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  close(): void {
    this.#stream.destroy();
  }
}
