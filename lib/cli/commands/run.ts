// run: starts a program under the hook, with the control socket open.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isWindows } from '../../node/windows';
import type { Command } from '../command';
import { CliError, ExitCode } from '../failure';

/** The hook is given by its absolute path: the package need not be found from the program's folder. */
function nodeOptions(env: NodeJS.ProcessEnv): string {
  const hook = pathToFileURL(join(__dirname, '../../register.js')).href;
  const option = `--import=${hook}`;
  const before = env.NODE_OPTIONS ?? '';
  return before.includes(option) ? before : `${before} ${option}`.trim();
}

export const run: Command = {
  name: 'run',
  words: '-- <command> [argument…]',
  summary: 'start a program of Node’s with its fs calls listed and interruptible',
  details: `Runs the command with NODE_OPTIONS=--import=…/register.js, PENDINGOP_CONTROL=1 (not on Windows) and PENDINGOP_TRACK=1,
unless they are set already; its children inherit them. The exit status is the command's. If a signal has ended the
command, it is 128 and the signal's number.`,
  portable: true,
  options: [],
  least: 1,
  most: Number.POSITIVE_INFINITY,
  run({ words }) {
    const [file = '', ...args] = words;
    const env = {
      // Windows has no control sockets: the program would start with a warning.
      ...(isWindows ? {} : { PENDINGOP_CONTROL: '1' }),
      PENDINGOP_TRACK: '1',
      ...process.env,
      NODE_OPTIONS: nodeOptions(process.env),
    };
    const child = spawn(file, args, { stdio: 'inherit', env });
    // The terminal sends SIGINT to both processes. Other signals may reach this one alone, and are passed on.
    const forward = (signal: NodeJS.Signals): void => {
      if (signal !== 'SIGINT') child.kill(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, forward);
    return new Promise((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'ENOENT' ? 'there is no such command' : error.message;
        reject(new CliError(`Cannot start '${file}': ${why}`, ExitCode.cannot));
      });
      child.once('exit', (code, signal) =>
        resolve(code ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0)),
      );
    });
  },
};
