// A named pipe whose server neither reads nor writes: each read waits for ever, and so does each write to the full
// pipe.
import { createServer, type Server, type Socket } from 'node:net';

let count = 0;

export interface Pipe {
  readonly path: string;
  /** Resolves when all of its clients have closed it. */
  close(): Promise<void>;
}

export async function silentPipe(): Promise<Pipe> {
  const path = `\\\\.\\pipe\\pendingop-${process.pid}-${count++}`;
  const sockets = new Set<Socket>();
  const server: Server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
