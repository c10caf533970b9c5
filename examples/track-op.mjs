// trackOp(): lists waits of other libraries, and makes them interruptible. An interrupt ends the wait for a queue by
// putting a message into the queue, and the wait for a server that does not answer by closing the socket.
//
//   node examples/track-op.mjs
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { interrupt, listPending, OpKind, trackOp, trackPending } from 'pendingop';

trackPending(true);

/** A library's queue: take() waits for the next message, and has no way to be cancelled. */
class Queue {
  #messages = [];
  #takers = [];

  put(message) {
    const taker = this.#takers.shift();
    if (taker) taker(message);
    else this.#messages.push(message);
  }

  take() {
    if (this.#messages.length > 0) return Promise.resolve(this.#messages.shift());
    return new Promise((resolve) => this.#takers.push(resolve));
  }
}

const WAKE = Symbol('wake');

/** The same, as an op: woken through the queue itself. */
function take(queue) {
  return trackOp({ fn: 'queue.take', onInterrupt: () => queue.put(WAKE) }, async () => {
    const message = await queue.take();
    if (message === WAKE) throw new Error('woken');
    return message;
  });
}

/** A line from a server: interrupted by closing the socket. */
function ask(port, question) {
  const socket = connect(port, '127.0.0.1');
  const info = {
    fn: 'ask',
    kind: OpKind.Top | OpKind.Net,
    params: [port, question],
    timeout: 60_000,
    onInterrupt: () => socket.destroy(new Error('interrupted')),
  };
  return trackOp(info, async () => {
    try {
      socket.write(`${question}\n`);
      const [answer] = await once(socket, 'data');
      return String(answer).trim();
    } finally {
      socket.destroy();
    }
  });
}

async function show(promise) {
  for (const op of listPending()) console.log(`pending: ${op.fn()}(${op.params().slice(1).join(', ')})`);
  const settled = promise.catch((error) => `${error.name}, ${error.outcome}`);
  const [report] = await interrupt(...listPending());
  console.log(`interrupt: ${report.outcome}; the caller got: ${await settled}`);
}

const queue = new Queue();
await show(take(queue));
queue.put('hello');
console.log(`take: ${await take(queue)}`);

const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    if (String(data) === 'name\n') socket.write('pendingop\n');
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
console.log(`ask: ${await ask(port, 'name')}`);
await show(ask(port, 'anything else'));
console.log(`left: ${listPending().length}`);
server.close();
