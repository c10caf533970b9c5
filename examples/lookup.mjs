// Name look-ups with a timeout, and another native function that blocks, in a process that can be ended.
//
//   node examples/lookup.mjs
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { interrupt, listPending, lookup, OpKind, runIsolated, trackPending } from 'pendingop';

trackPending(true);

const found = promisify(lookup)('localhost', { timeout: 30_000 });
console.log('listed:', listPending(OpKind.Net).map((op) => `${op.fn()} ${op.params()[0]}`)[0]);
console.log('localhost:', (await found).address !== '');
await promisify(lookup)('no-such-name.invalid').catch((error) => console.log('error:', error.syscall));

// lookup() can be passed wherever dns.lookup() can.
const server = http.createServer((_, response) => response.end('hello'));
await new Promise((resolve) => server.listen(0, 'localhost', resolve));
const { port } = server.address();
const body = await new Promise((resolve, reject) => {
  const request = http.get({ host: 'localhost', port, lookup, agent: false }, (response) => {
    response.setEncoding('utf8').once('data', resolve);
  });
  request.once('error', reject);
});
console.log('http:', body);
server.close();

// A function of this module blocks for ever. An interrupt ends its helper process; this process goes on.
const folder = await mkdtemp(join(tmpdir(), 'lookup-example-'));
const module = join(folder, 'blocks.mjs');
await writeFile(module, 'export default (go) => { if (go) return process.pid; for (;;); };\n');
console.log('another process:', (await runIsolated(module, [true])) !== process.pid);
const stuck = runIsolated(module, [false]).catch((error) => console.log('stuck:', error.code));
const [{ outcome }] = await interrupt(listPending(OpKind.Process), { grace: 20_000 });
console.log('ended:', outcome);
await stuck;
await rm(folder, { recursive: true });
