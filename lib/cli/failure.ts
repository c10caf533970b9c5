// How a command ends that cannot do what it was asked for, and the exit codes.

/** What a script may rely on; `npx pendingop help` lists them. */
export const ExitCode = {
  /** Done; nothing hangs. */
  fine: 0,
  /** Something hangs, or was not ended. */
  hangs: 1,
  /** The command line was not understood. */
  usage: 2,
  /** It cannot be done: no such process, no right to, no addon. */
  cannot: 3,
} as const;

/** Told to the user as it is, without a stack trace. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = ExitCode.cannot) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
