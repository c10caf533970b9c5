// A thread of the helper that ends it when its standard input ends. The parent holds the other end and writes nothing,
// so the input ends when the parent is gone, in whatever way. It is a thread of its own because the helper's main
// thread may be in native code for ever. It waits in its event loop, because process.exit() could not end a thread that
// is in a blocking read.
import { Socket } from 'node:net';

const input = new Socket({ fd: 0, readable: true, writable: false });
input.on('error', () => undefined);
// SIGKILL instead of process.exit(): nothing in the process runs any more, or is waited for.
input.on('close', () => process.kill(process.pid, 'SIGKILL'));
input.resume();
