// The options of runCommand(), checked.
import { constants } from 'node:os';
import { argType, argValue } from '../node/errors';
import type { CallOptions } from '../validate/call-options';
import { validateGrace } from '../validate/grace';
import {
  validateBoolean,
  validateFunction,
  validateInteger,
  validateNames,
  validateObject,
  validateString,
} from '../validate/values';

/** The command that a `cancel` function is to end. */
export interface RunningCommand {
  /** The process id of the command; 0 before it has started. */
  readonly pid: number;
  /** Sends a signal to the process group of the command. */
  kill(signal: NodeJS.Signals | number): void;
  /** Closes the standard input of the command. */
  endInput(): void;
}

/** A standard stream of the command: a pipe to this process, nothing, the stream of this process, or a descriptor. */
export type CommandStream = 'pipe' | 'ignore' | 'inherit' | number;

/** How a command is run, and how it is ended. */
export interface CommandOptions extends CallOptions {
  /**
   * The folder that the command runs in.
   * @default the working directory of this process
   */
  cwd?: string | undefined;
  /**
   * The whole environment of the command.
   * @default process.env
   */
  env?: NodeJS.ProcessEnv | undefined;
  /**
   * The content of the command's standard input, which then ends.
   * @default none: its standard input is empty
   */
  input?: string | NodeJS.ArrayBufferView | undefined;
  /**
   * The command's standard input, output and error. The first one must be 'pipe' if `input` or `keepalive` is given,
   * and only then.
   * @default ['ignore', 'pipe', 'pipe']
   */
  stdio?: readonly [CommandStream, CommandStream, CommandStream] | undefined;
  /**
   * The encoding of the output; 'buffer' for bytes.
   * @default 'utf8'
   */
  encoding?: BufferEncoding | 'buffer' | undefined;
  /**
   * The greatest number of bytes of standard output, and of standard error. A command that writes more is killed.
   * @default 104857600 (100 MiB)
   */
  maxBuffer?: number | undefined;
  /**
   * 'stdin': the command's standard input stays open as long as the command is to go on; see keepaliveSignal().
   * @default undefined
   */
  keepalive?: 'stdin' | undefined;
  /**
   * The first step to end the command: a signal to its process group, or a function.
   * @default 'SIGTERM'; with keepalive 'stdin' its input is closed
   */
  cancel?: NodeJS.Signals | ((command: RunningCommand, reason: unknown) => void | Promise<void>) | undefined;
  /**
   * ms between that first step and SIGKILL, and between the end of the command and the closing of pipes that other
   * processes hold open.
   * @default 1000
   */
  waitDelay?: number | undefined;
  /**
   * Whether a signal, or an exit code other than 0, is an error. If false, both are results.
   * @default true
   */
  reject?: boolean | undefined;
}

export interface Settings {
  cwd: string;
  env: NodeJS.ProcessEnv;
  input: string | NodeJS.ArrayBufferView | undefined;
  stdio: readonly [CommandStream, CommandStream, CommandStream];
  encoding: BufferEncoding | 'buffer';
  maxBuffer: number;
  keepalive: boolean;
  cancel: CommandOptions['cancel'];
  waitDelay: number;
  reject: boolean;
}

const KNOWN = new Set(
  'cwd env input stdio encoding maxBuffer keepalive cancel waitDelay reject signal timeout'.split(' '),
);

const isStream = (value: unknown): boolean =>
  value === 'pipe' ||
  value === 'ignore' ||
  value === 'inherit' ||
  (Number.isInteger(value) && Number(value) >= 0);

export function parseOptions(options: unknown): Settings {
  validateNames(options, KNOWN);
  const { input, keepalive, cancel, cwd = '', env = process.env, ...rest } = options as CommandOptions;
  const { encoding = 'utf8', maxBuffer = 100 * 2 ** 20, waitDelay = 1000, reject = true } = rest;
  validateText(cwd, 'options.cwd');
  validateObject(env, 'options.env');
  if (input !== undefined && typeof input !== 'string' && !ArrayBuffer.isView(input)) {
    throw argType('options.input', 'of type string or an instance of Buffer, TypedArray, or DataView', input);
  }
  if (encoding !== 'buffer' && !Buffer.isEncoding(encoding)) {
    throw argValue('options.encoding', encoding, "must be an encoding of Buffer, or 'buffer'");
  }
  validateInteger(maxBuffer, 'options.maxBuffer', 0);
  if (keepalive !== undefined && keepalive !== 'stdin') {
    throw argValue('options.keepalive', keepalive, "must be 'stdin'");
  }
  if (typeof cancel === 'string') {
    if (!Object.hasOwn(constants.signals, cancel))
      throw argValue('options.cancel', cancel, 'must be the name of a signal or a function');
  } else if (cancel !== undefined) {
    validateFunction(cancel, 'options.cancel');
  }
  validateGrace(waitDelay, 'options.waitDelay');
  validateBoolean(reject, 'options.reject');
  const fed = input !== undefined || keepalive !== undefined;
  const stdio = rest.stdio ?? [fed ? 'pipe' : 'ignore', 'pipe', 'pipe'];
  if (!Array.isArray(stdio) || stdio.length !== 3 || !stdio.every(isStream)) {
    throw argValue('options.stdio', stdio, "must be three of 'pipe', 'ignore', 'inherit' and descriptors");
  }
  if (fed !== (stdio[0] === 'pipe')) {
    throw argValue(
      'options.stdio',
      stdio,
      "must begin with 'pipe' when `input` or `keepalive` is given, and with something else when neither is",
    );
  }
  const keeps = keepalive !== undefined;
  return { cwd, env, input, stdio, encoding, maxBuffer, keepalive: keeps, cancel, waitDelay, reject };
}

/** Requires text without null bytes, which cannot be passed to the kernel. */
export function validateText(value: unknown, name: string): asserts value is string {
  validateString(value, name);
  if (value.includes('\0')) throw argValue(name, value, 'must be a string without null bytes');
}
