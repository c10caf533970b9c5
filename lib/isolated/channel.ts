// Messages between a helper and its parent, over a stream socket: the length of the message, then the output of
// v8.serialize(). The channel of child_process does not serve: only spawn() can pass its other end to a child.
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import { noop } from '../util/noop';

const LENGTH = 4;

/** The descriptor of the helper's end. */
export const CHANNEL = 3;

export class Channel {
  readonly #socket: Socket;
  #pieces: Buffer[] = [];
  #size = 0;

  constructor(socket: Socket, heard: (message: unknown) => void) {
    this.#socket = socket;
    // The other side is gone. Its owner learns of that by the end of the stream.
    socket.on('error', noop);
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece);
      this.#size += piece.length;
      for (let message = this.#take(); message !== undefined; message = this.#take()) {
        heard(deserialize(message));
      }
    });
  }

  /** Returns the next message that has arrived completely. */
  #take(): Buffer | undefined {
    if (this.#size < LENGTH) return undefined;
    if ((this.#pieces[0] as Buffer).length < LENGTH) this.#join();
    const length = LENGTH + (this.#pieces[0] as Buffer).readUInt32LE();
    if (this.#size < length) return undefined;
    this.#join();
    const [bytes] = this.#pieces as [Buffer];
    this.#pieces = bytes.length > length ? [bytes.subarray(length)] : [];
    this.#size -= length;
    return bytes.subarray(LENGTH, length);
  }

  #join(): void {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces, this.#size)];
  }

  /** Throws if the message contains a value that cannot be sent. */
  send(message: unknown): void {
    const bytes = serialize(message);
    const length = Buffer.allocUnsafe(LENGTH);
    length.writeUInt32LE(bytes.length);
    if (!this.#socket.writable) return;
    this.#socket.cork();
    this.#socket.write(length);
    this.#socket.write(bytes);
    this.#socket.uncork();
  }

  /** Closes the channel for both directions. */
  close(): void {
    this.#socket.end();
  }
}
