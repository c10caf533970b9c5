// Lists and interrupts a command that runs for ever and ignores SIGTERM.
//
//   node examples/command.mjs
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interrupt, listPending, OpKind, trackPending } from 'pendingop';
import { runCommand } from 'pendingop/command';

trackPending(true);
console.log((await runCommand('echo', ['hello'])).stdout.trim());
const cwd = await mkdtemp(join(tmpdir(), 'example-command-'));
const script = "trap '' TERM; echo started; touch ready; while :; do sleep 1; done";
const running = runCommand('sh', ['-c', script], { cwd, waitDelay: 50 });
running.catch(() => {});
while (!existsSync(join(cwd, 'ready'))) await new Promise((resolve) => setTimeout(resolve, 5));
const ops = listPending(OpKind.Process);
console.log(`pending: ${ops.map((op) => `${op.fn()} ${op.params()[0]}`)}`);
const [{ outcome }] = await interrupt(ops, { grace: 10_000 });
const { code, stdout } = await running.catch((error) => error);
console.log(`interrupt: ${outcome}; the caller got: ${code}, with what it had said: ${stdout.trim()}`);
await rm(cwd, { recursive: true });
console.log(`left: ${listPending().length}`);
