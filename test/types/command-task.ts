// Compiled, never run: what the types of commands and tasks say.
import { keepaliveSignal, runCommand } from '../../lib/command';
import { runTask, startTask } from '../../lib/task';

export async function types(): Promise<void> {
  (await runCommand('x')).stdout satisfies string;
  (await runCommand('x', [], { encoding: 'buffer' })).stdout satisfies Buffer;
  // @ts-expect-error: no such option
  await runCommand('x', [], { shell: true });
  keepaliveSignal() satisfies AbortSignal;
  (await runTask((n: number) => n * 2, 1)) satisfies number;
  // @ts-expect-error: not what the function takes
  await runTask((n: number) => n * 2, 'x');
  startTask((n: number) => String(n), 1).result satisfies Promise<string>;
}
