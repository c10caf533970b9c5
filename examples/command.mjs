// A command that would run for an hour, and ignores SIGTERM: listed, interrupted, gone.

import { runCommand } from '../dist/command/index.js';
import { interrupt, listPending, OpKind, trackPending } from '../dist/index.js';

trackPending(true);
console.log((await runCommand('echo', ['hello'])).stdout.trim());
const running = runCommand('sh', ['-c', "trap '' TERM; echo started; while :; do sleep 1; done"], {
  waitDelay: 50,
});
running.catch(() => {});
const ops = listPending(OpKind.Process);
console.log(ops.join('\n'));
const [{ outcome }] = await interrupt(ops, { grace: 10_000 });
console.log(outcome, await running.catch((error) => error.code));
