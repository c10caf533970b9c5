// How a command ended, as a result or as an error.

export interface CommandResult<O extends string | Buffer = string> {
  /** As it was run, for people. */
  command: string;
  pid: number;
  /** undefined: a signal ended it. */
  exitCode: number | undefined;
  signal: NodeJS.Signals | undefined;
  /** Empty where it is no pipe. */
  stdout: O;
  stderr: O;
  /** false: somebody whom it has left behind still had its output open after `waitDelay`, and may have written more. */
  outputComplete: boolean;
}

/** A command that failed: its exit code was not 0, a signal ended it, or it wrote too much. */
export class CommandError extends Error {
  declare code: 'ERR_COMMAND_FAILED' | 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';
  declare command: string;
  declare pid: number;
  declare exitCode: number | undefined;
  declare signal: NodeJS.Signals | undefined;
  declare stdout: string | Buffer;
  declare stderr: string | Buffer;
  declare outputComplete: boolean;

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
