// A thread of the helper that ends it when standard input does: the parent holds the other end and writes nothing, so
// that is when it is gone, in whatever way. A thread, because the helper's own may be in native code for ever. It waits
// in its event loop: process.exit() could not end a thread that waits in a read.
import { Socket } from 'node:net';

const input = new Socket({ fd: 0, readable: true, writable: false });
input.on('error', () => undefined);
// Not an exit: nothing in the process is asked, or waited for.
input.on('close', () => process.kill(process.pid, 'SIGKILL'));
input.resume();
