// A named pipe that its server reads nothing from and writes nothing to, so that both wait for ever once it is full.
import { createServer, type Server, type Socket } from 'node:net';

let count = 0;

export interface Pipe {
  readonly path: string;
  /** Settles once all of its clients are gone. */
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
