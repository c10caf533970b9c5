// How a command ended, as a result or as an error.

/** How a command ended, and what it wrote. */
export interface CommandResult<O extends string | Buffer = string> {
  /** The command as one line, for people. */
  command: string;
  /** The process id. */
  pid: number;
  /** The exit code; undefined: a signal ended the command. */
  exitCode: number | undefined;
  /** The signal that ended the command; undefined: none did. */
  signal: NodeJS.Signals | undefined;
  /** What the command wrote to its standard output; empty if that was no pipe. */
  stdout: O;
  /** What the command wrote to its standard error; empty if that was no pipe. */
  stderr: O;
  /**
   * Whether the output is complete. If false, a process that the command left behind still had the output open after
   * `waitDelay`, and may have written more.
   */
  outputComplete: boolean;
}

/**
 * The command has failed: its exit code was not 0, a signal ended it, or it wrote too much. The properties are those of
 * CommandResult.
 */
export class CommandError extends Error {
  /** `ERR_COMMAND_FAILED`, or `ERR_CHILD_PROCESS_STDIO_MAXBUFFER` if the command wrote more than `maxBuffer`. */
  declare code: 'ERR_COMMAND_FAILED' | 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';
  /** The command as one line, for people. */
  declare command: string;
  /** The process id. */
  declare pid: number;
  /** The exit code; undefined: a signal ended the command. */
  declare exitCode: number | undefined;
  /** The signal that ended the command; undefined: none did. */
  declare signal: NodeJS.Signals | undefined;
  /** What the command wrote to its standard output. */
  declare stdout: string | Buffer;
  /** What the command wrote to its standard error. */
  declare stderr: string | Buffer;
  /** Whether the output is complete: see CommandResult. */
  declare outputComplete: boolean;

  /** Errors of this class are made by this package. */
  constructor(message: string, code: CommandError['code'], result: CommandResult<string | Buffer>) {
    super(message);
    this.code = code;
    Object.assign(this, result);
  }
}
Object.defineProperty(CommandError.prototype, 'name', {
  value: 'CommandError',
  configurable: true,
  writable: true,
});

const plain = /^[\w@%+=:,./-]+$/;

/** Returns the command as one line, for people. */
export const shown = (file: string, args: readonly string[]): string =>
  [file, ...args].map((word) => (plain.test(word) ? word : JSON.stringify(word))).join(' ');
