// The error of a command that cannot do what it was asked for, and the exit codes.

/** Scripts may rely on these numbers. `npx pendingop help` lists them. */
export const ExitCode = {
  /** Done, and nothing hangs. */
  fine: 0,
  /** Something hangs, or was not ended. */
  hangs: 1,
  /** The command line was not understood. */
  usage: 2,
  /** It cannot be done: there is no such process, no right to do it, or no addon. */
  cannot: 3,
} as const;

/** Its message is printed as it is, without a stack trace. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = ExitCode.cannot) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
