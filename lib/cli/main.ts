#!/usr/bin/env node
// The command line: `npx pendingop`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, parse, type Report, usageOf } from './command';
import { abort } from './commands/abort';
import { df } from './commands/df';
import { doctor } from './commands/doctor';
import { interrupt } from './commands/interrupt';
import { mounts } from './commands/mounts';
import { ps } from './commands/ps';
import { run } from './commands/run';
import { top } from './commands/top';
import { completionFor } from './completion';
import { CliError, ExitCode } from './failure';
import { helpFor, manual, overview } from './help';
import { jsonText } from './screen/json';
import { printable, screenOf } from './screen/style';
import { watch } from './screen/watch';

const COMMANDS: readonly Command[] = [ps, top, df, mounts, interrupt, abort, doctor, run];

function version(): string {
  const text = readFileSync(join(__dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

const find = (name: string): Command | undefined => COMMANDS.find((command) => command.name === name);

function unknown(name: string): CliError {
  const near = COMMANDS.find((command) => command.name.startsWith(name) || name.startsWith(command.name));
  const hint = near === undefined ? '' : ` Did you mean '${near.name}'?`;
  return new CliError(`There is no command '${name}'.${hint} \`pendingop help\` lists them.`, ExitCode.usage);
}

function needsLinux({ name }: Command): CliError {
  const others = COMMANDS.flatMap(({ name, portable }) => (portable === true ? `\`${name}\`` : []));
  return new CliError(
    `\`${name}\` works on Linux only, and this system is ${process.platform}. Here ${others.join(' and ')} work.`,
  );
}

function print(text: string): void {
  process.stdout.write(text === '' || text.endsWith('\n') ? text : `${text}\n`);
}

const screen = () => screenOf(process.stdout, process.env);

async function once(command: Command, args: ReturnType<typeof parse>): Promise<number> {
  const report = await command.run(args, screen());
  if (typeof report === 'number') return report;
  print(args.json ? jsonText(report.json, 2) : report.text(screen()));
  return report.code;
}

/** With --json each look is a line of its own. */
function repeat(command: Command, args: ReturnType<typeof parse>, seconds: number): Promise<number> {
  const look = async (): Promise<Report> => (await command.run(args, screen())) as Report;
  return watch(look, seconds, args.json);
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
    print(overview(COMMANDS, screen()));
    return ExitCode.fine;
  }
  if (name === '--version' || name === '-v') {
    print(version());
    return ExitCode.fine;
  }
  if (name === 'completion') {
    const script = completionFor(rest[0] ?? '', COMMANDS);
    if (script === undefined)
      throw new CliError(
        `${rest.length === 0 ? 'No shell was named' : `There is no completion for '${rest[0]}'`}
Usage: pendingop completion bash|zsh`,
        ExitCode.usage,
      );
    print(script);
    return ExitCode.fine;
  }
  if (name === 'manual') {
    print(manual(COMMANDS, version()));
    return ExitCode.fine;
  }
  const command = find(name === 'help' ? (rest[0] as string) : name);
  if (command === undefined) throw unknown(name === 'help' ? (rest[0] as string) : name);
  // Words behind `--` belong to the program.
  const own = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  if (name === 'help' || own.includes('--help') || own.includes('-h')) {
    print(helpFor(command, screen()));
    return ExitCode.fine;
  }
  if (command.portable !== true && process.platform !== 'linux') throw needsLinux(command);
  if (command === run) return runOther(rest);
  const args = parse(command, rest);
  return args.watch === undefined ? once(command, args) : repeat(command, args, args.watch);
}

/** All options are the program's, with `--` before it or without. */
async function runOther(words: readonly string[]): Promise<number> {
  const given = words[0] === '--' ? words.slice(1) : words;
  if (given.length === 0)
    throw new CliError(`No command was given to start\n${usageOf(run)}`, ExitCode.usage);
  return (await run.run({ ...parse(run, ['-']), words: given }, screen())) as number;
}

/** The variable is meant for programs, not for the command that looks at them. */
delete process.env.PENDINGOP_CONTROL;

/** If the reader has seen enough (`head`, for instance), that is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? ExitCode.fine : ExitCode.cannot);
});

/** Ends the process even if an abandoned call is still in the kernel. */
function leave(code: number): void {
  process.exitCode = code;
  // A write that has failed says so in the next turn.
  const end = (): void => void setImmediate(() => process.exit(code));
  if (process.stdout.writableLength === 0) end();
  else process.stdout.once('drain', end);
}

/** Messages repeat what was typed, or what a process is called. */
function complain(message: string): void {
  process.stderr.write(`pendingop: ${message.split('\n').map(printable).join('\n')}\n`);
}

dispatch(process.argv.slice(2)).then(leave, (error: unknown) => {
  if (error instanceof CliError) {
    complain(error.message);
    leave(error.exitCode);
  } else {
    complain(String(error instanceof Error ? error.stack : error));
    leave(ExitCode.cannot);
  }
});
