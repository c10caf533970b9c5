// The text of `pendingop` without arguments, of `help`, and of the manual page.
import { type Command, OPTIONS, usageOf } from './command';
import { type Screen, style } from './screen/style';

export const SUMMARY = 'Shows what a process waits for on its file systems, and frees it.';

const EXAMPLES: [line: string, what: string][] = [
  ['pendingop ps', "every process of Node's: what does it wait for?"],
  ['pendingop ps 4711', 'one process, any program'],
  ['pendingop df', 'the df that cannot hang'],
  ['pendingop abort /mnt/nas', 'free everything that waits on a stalled mount'],
  ['pendingop run -- node app.js', 'start a program so that its calls can be listed and ended'],
  ['pendingop interrupt 4711 /mnt/nas', 'end its calls below a path'],
];

const EXIT_CODES = [
  [0, 'done; nothing hangs'],
  [1, 'something hangs, or was not ended'],
  [2, 'the command line was not understood'],
  [3, 'it cannot be done: no such process, no right to, no addon'],
] as const;

export function overview(commands: readonly Command[], screen: Screen): string {
  const wide = Math.max(...commands.map(({ name, words }) => `${name} ${words}`.length));
  const narrow = screen.width < 80;
  const line = (left: string, right: string, width: number): string =>
    narrow ? `  ${left}\n      ${right}` : `  ${left.padEnd(width)}  ${right}`;
  const list = commands.map(({ name, words, summary }) => line(`${name} ${words}`.trim(), summary, wide));
  const widest = Math.max(...EXAMPLES.map(([left]) => left.length));
  const examples = EXAMPLES.map(([left, right]) => line(`npx ${left}`, right, widest + 4));
  const watched = commands.filter(({ options }) => options.includes('watch')).map(({ name }) => name);
  return `${SUMMARY}

${style(screen, 'bold', 'Usage:')} pendingop <command> [--json]
       pendingop ${watched.join('|')} --watch[=seconds]

${style(screen, 'bold', 'Commands')}
${list.join('\n')}
${line('help [command]', 'more on a command', wide)}
${line('completion bash|zsh', 'completion for your shell', wide)}

${style(screen, 'bold', 'For example')}
${examples.join('\n')}

${style(screen, 'bold', 'Exit status')}
${EXIT_CODES.map(([code, what]) => `  ${code}  ${what}`).join('\n')}`;
}

export function helpFor(command: Command, screen: Screen): string {
  const options = command.options.map((name) => {
    const { short, value, help } = OPTIONS[name];
    const flag = `--${name}${value === undefined ? '' : ` <${value}>`}${short === undefined ? '' : `, -${short}`}`;
    return `  ${flag.padEnd(24)} ${help}`;
  });
  const text = `${usageOf(command)}

${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.

${command.details}`;
  return options.length === 0
    ? text
    : `${text}\n\n${style(screen, 'bold', 'Options')}\n${options.join('\n')}`;
}

const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')
    .replace(/`([^`]*)`/g, '\\fB$1\\fR')
    // A page may be read with any encoding.
    .replace(
      /[^\0-\x7f]/gu,
      (char) => `\\[u${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`,
    );

/** When the page was last changed. */
const MANUAL_DATE = '2026-11-30';

/** Returns the manual page, for section 1. */
export function manual(commands: readonly Command[], version: string): string {
  const sections = commands.map((command) => {
    const options = command.options.map((name) => {
      const { value, help } = OPTIONS[name];
      return `.TP\n\\fB\\-\\-${name}\\fR${value === undefined ? '' : ` \\fI${roff(value)}\\fR`}\n${roff(help)}`;
    });
    const heading = `.SS "${roff(`${command.name} ${command.words}`.trim())}"`;
    const first = `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`;
    return [heading, roff(first), '.PP', roff(command.details.replaceAll('\n', ' ')), ...options].join('\n');
  });
  const examples = EXAMPLES.map(([line, what]) => `.TP\n\\fBnpx ${roff(line)}\\fR\n${roff(what)}`);
  const codes = EXIT_CODES.map(([code, what]) => `.TP\n${code}\n${roff(what)}`);
  return `.TH PENDINGOP 1 "${MANUAL_DATE}" "pendingop ${version}" "User Commands"
.SH NAME
pendingop \\- show what processes wait for on their file systems, and free them
.SH SYNOPSIS
.B pendingop
\\fIcommand\\fR [\\fIargument\\fR ...]
.SH DESCRIPTION
${roff(SUMMARY)}
Without arguments it prints what it can do.
.SH COMMANDS
${sections.join('\n')}
.SH "EXIT STATUS"
${codes.join('\n')}
.SH ENVIRONMENT
.TP
.B NO_COLOR, FORCE_COLOR
Colours never, or always. Without them: only if standard output is a terminal.
.TP
.B COLUMNS
The width of tables if no terminal tells it.
.TP
.B XDG_RUNTIME_DIR
The folder in which processes keep their control sockets, in pendingop/. Without it: /run/user/UID and /tmp/pendingop\\-UID.
.SH EXAMPLES
${examples.join('\n')}
`;
}
