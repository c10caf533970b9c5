// How a command ended, as a result or as an error.

/** How a command ended, and what it wrote. */
export interface CommandResult<O extends string | Buffer = string> {
  /** The command as one line, for people. */
  command: string;
  /** Its process id. */
  pid: number;
  /** Its exit code; undefined when a signal ended it. */
  exitCode: number | undefined;
  /** The signal that ended it; undefined when none did. */
  signal: NodeJS.Signals | undefined;
  /** What it wrote to its standard output; empty when that was no pipe. */
  stdout: O;
  /** What it wrote to its standard error; empty when that was no pipe. */
  stderr: O;
  /**
   * Whether its output ended. False: a process that it left behind still had the output open after `waitDelay`, and
   * may have written more.
   */
  outputComplete: boolean;
}

/**
 * A command that failed: its exit code was not 0, a signal ended it, or it wrote too much. The properties are those of
 * CommandResult.
 */
export class CommandError extends Error {
  /** `ERR_COMMAND_FAILED`; `ERR_CHILD_PROCESS_STDIO_MAXBUFFER` when it wrote more than `maxBuffer`. */
  declare code: 'ERR_COMMAND_FAILED' | 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';
  /** The command as one line, for people. */
  declare command: string;
  /** Its process id. */
  declare pid: number;
  /** Its exit code; undefined when a signal ended it. */
  declare exitCode: number | undefined;
  /** The signal that ended it; undefined when none did. */
  declare signal: NodeJS.Signals | undefined;
  /** What it wrote to its standard output. */
  declare stdout: string | Buffer;
  /** What it wrote to its standard error. */
  declare stderr: string | Buffer;
  /** Whether its output ended: see CommandResult. */
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

/** One line for people. */
export const shown = (file: string, args: readonly string[]): string =>
  [file, ...args].map((word) => (plain.test(word) ? word : JSON.stringify(word))).join(' ');
