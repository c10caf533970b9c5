// Messages between a helper and its parent, over a stream socket: the length of each, then what v8.serialize() makes of it.
// Not the channel of child_process: whose other end only spawn() can hand to a child.
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
    // The other side is gone, which its end tells.
    socket.on('error', noop);
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece);
      this.#size += piece.length;
      for (let message = this.#take(); message !== undefined; message = this.#take()) {
        heard(deserialize(message));
      }
    });
  }

  /** The next message that has come as a whole. */
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

  /** Throws where the message cannot be sent, because of what is in it. */
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

  /** Nothing more is to be sent, or heard. */
  close(): void {
    this.#socket.end();
  }
}
