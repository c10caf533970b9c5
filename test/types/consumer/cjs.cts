// Compiled, never run (scripts/declarations.mjs): the same entry points by require().
import pendingop = require('pendingop');
import command = require('pendingop/command');
import fs = require('pendingop/fs');
import promises = require('pendingop/fs/promises');
import lock = require('pendingop/lock');
import metrics = require('pendingop/metrics');
import register = require('pendingop/register');
import task = require('pendingop/task');

export async function main(): Promise<void> {
  const options: pendingop.CallOptions = { timeout: 1000 };
  pendingop.trackPending(true);
  pendingop.listPending().map(String) satisfies string[];
  (await command.runCommand('true', [], options)).stdout satisfies string;
  fs.readFile('file', 'utf8', (error, text) => error ?? text.length);
  (await fs.promises.readFile('file', 'utf8')) satisfies string;
  const handle: promises.FileHandle = await promises.open('file', 'r', options);
  (await handle.readFile('utf8')) satisfies string;
  await (await lock.lock(handle, options)).release();
  metrics.prometheusText() satisfies string;
  register.register()();
  (await task.runTask((text: string) => text.length, 'x')) satisfies number;
}
