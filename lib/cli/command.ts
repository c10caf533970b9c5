// What a command of the command line is, and how its arguments are read.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { CliError, ExitCode } from './failure';
import type { Screen } from './screen/style';

/** What a command has found: for people and for programs. */
export interface Report {
  readonly json: unknown;
  text(screen: Screen): string;
  readonly code: number;
}

export interface Arguments {
  readonly words: readonly string[];
  readonly json: boolean;
  /** Seconds between two looks; undefined: one look only. */
  readonly watch: number | undefined;
  readonly all: boolean;
  /** ms */
  readonly timeout: number | undefined;
  readonly grace: number | undefined;
  readonly sort: string | undefined;
  readonly filter: string | undefined;
  readonly once: boolean;
}

type OptionName = 'json' | 'watch' | 'all' | 'timeout' | 'grace' | 'sort' | 'filter' | 'once';

export interface Command {
  readonly name: string;
  /** The words after the name, for instance `[pid]` or `<pid> <path|op>`. */
  readonly words: string;
  readonly summary: string;
  /** More text for `pendingop help <command>` and the manual. */
  readonly details: string;
  readonly options: readonly OptionName[];
  readonly least: number;
  readonly most: number;
  /** Whether it works on every system. The others read what only the /proc and the control sockets of Linux tell. */
  readonly portable?: true;
  run(args: Arguments, screen: Screen): Promise<Report | number>;
}

export const OPTIONS: Record<
  OptionName,
  { type: 'boolean' | 'string'; short?: string; value?: string; help: string }
> = {
  json: { type: 'boolean', help: 'print JSON, for programs' },
  watch: {
    type: 'string',
    short: 'w',
    value: 'seconds',
    help: 'look again every so many seconds, until Ctrl-C',
  },
  all: { type: 'boolean', short: 'a', help: 'show everything, not only what waits' },
  timeout: {
    type: 'string',
    value: 'ms',
    help: 'how long each file system has for its answer (default: 1000)',
  },
  grace: { type: 'string', value: 'ms', help: 'how long the kernel has to release a call (default: 100)' },
  sort: { type: 'string', value: 'column', help: 'what to sort by: age, fn, path, state' },
  filter: { type: 'string', value: 'text', help: 'only lines with this text' },
  once: { type: 'boolean', help: 'print one screen and end' },
};

function numberOf(name: OptionName, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least)
    throw new CliError(
      `--${name} takes a number of ${OPTIONS[name].value} of at least ${least}, not '${text}'`,
      ExitCode.usage,
    );
  return value;
}

export function parse(command: Command, argv: readonly string[]): Arguments {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const name of command.options) {
    const { type, short } = OPTIONS[name];
    options[name] = short === undefined ? { type } : { type, short };
  }
  // `--watch` alone means every two seconds.
  const given = argv.map((word) => (word === '--watch' || word === '-w' ? '--watch=2' : word));
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: given, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CliError(`${(error as Error).message}\n${usageOf(command)}`, ExitCode.usage);
  }
  const { values, positionals } = parsed;
  const count = positionals.length;
  if (count < command.least || count > command.most)
    throw new CliError(`${wrongCount(command, count)}\n${usageOf(command)}`, ExitCode.usage);
  const text = (name: OptionName): string | undefined => values[name] as string | undefined;
  const number = (name: OptionName, least: number): number | undefined => {
    const value = text(name);
    return value === undefined ? undefined : numberOf(name, value, least);
  };
  return {
    words: positionals,
    json: values.json === true,
    watch: number('watch', 0.1),
    all: values.all === true,
    timeout: number('timeout', 1),
    grace: number('grace', 0),
    sort: text('sort'),
    filter: text('filter'),
    once: values.once === true,
  };
}

function wrongCount({ name, least, most }: Command, count: number): string {
  if (most === 0) return `\`${name}\` takes no arguments, and was given ${count}`;
  const bound = count < least ? `at least ${least}` : `at most ${most}`;
  const words = bound.endsWith(' 1') ? 'argument' : 'arguments';
  return `\`${name}\` takes ${bound} ${words}, and was given ${count}`;
}

export function usageOf({ name, words, options }: Command): string {
  const flags = options.map((option) => {
    const { value } = OPTIONS[option];
    return `[--${option}${value === undefined ? '' : ` <${value}>`}]`;
  });
  return `Usage: pendingop ${[name, words, ...flags].filter(Boolean).join(' ')}`;
}

/** Reads a process id from the command line. */
export function pidOf(word: string): number {
  const pid = Number(word);
  if (!/^\d+$/.test(word) || pid < 1 || pid > 0x7fffffff)
    throw new CliError(
      `'${word}' is no process id. That is a whole number, such as \`pendingop ps\` lists`,
      ExitCode.usage,
    );
  return pid;
}
