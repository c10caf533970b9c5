// The entry point `pendingop/command`: child processes that can be listed and interrupted, and that leave no orphans.

import { startBackground } from '../custom/background-op';
import { OpKind } from '../engine/codes';
import { argType, argValue } from '../node/errors';
import type { CallOptions } from '../validate/call-options';
import { type CommandOptions, parseOptions, validateText } from './options';
import { CommandProcess } from './process';
import type { CommandResult } from './result';

export { keepaliveSignal } from './keepalive';
export type { CommandOptions, CommandStream, RunningCommand } from './options';
export { CommandError, type CommandResult } from './result';

/**
 * Runs a program, without a shell, and waits for its end. If this process ends, in whatever way, the program ends, too.
 * If the call is interrupted, the program is asked to end, and then killed with its process group.
 *
 * @param file - the program: a path, or a name that is looked up in PATH
 * @param args - the arguments of the program
 * @param options - `timeout` (ms), `signal`, and how the program is run and ended
 * @returns a promise of its output and how it ended
 * @throws as rejections: CommandError if the program fails; Node's error if it cannot be started; InterruptError,
 *   AbortError or TimeoutError with the `stdout` and `stderr` that came before
 * @example
 * ```ts
 * import { runCommand } from 'pendingop/command';
 * const { stdout } = await runCommand('git', ['status', '--short'], { timeout: 5000, cwd: '/mnt/nas/project' });
 * ```
 */
export function runCommand(
  file: string,
  args: readonly string[] | undefined,
  options: CommandOptions & { encoding: 'buffer' },
): Promise<CommandResult<Buffer>>;
export function runCommand(
  file: string,
  args?: readonly string[],
  options?: CommandOptions & { encoding?: BufferEncoding | undefined },
): Promise<CommandResult>;
export function runCommand(
  file: string,
  args?: readonly string[],
  options?: CommandOptions,
): Promise<CommandResult<string | Buffer>>;
export async function runCommand(
  file: string,
  args: readonly string[] = [],
  options: CommandOptions = {},
): Promise<CommandResult<string | Buffer>> {
  validateText(file, 'file');
  if (file === '') throw argValue('file', file, 'cannot be empty');
  if (!Array.isArray(args)) throw argType('args', 'an instance of Array', args);
  args.forEach((arg: unknown, i) => {
    validateText(arg, `args[${i}]`);
  });
  const parsed = parseOptions(options);
  const { signal, timeout } = options;
  const own: CallOptions = { signal, timeout };
  const kind = OpKind.Top | OpKind.Process;
  const command = new CommandProcess(file, [...args], parsed);
  const about = { fn: 'runCommand', kind, args: [file, [...args]], ownGrace: () => command.patience() };
  return startBackground(about, own, command).promise;
}
