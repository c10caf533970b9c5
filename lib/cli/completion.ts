// Scripts for bash and zsh that complete commands, options, pids and mounts.
import type { Command } from './command';
import { OPTIONS } from './command';

const flagsOf = ({ options }: Command): string => options.map((name) => `--${name}`).join(' ');

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const { name, words } = command;
    const flags = flagsOf(command);
    const more = words.includes('pid')
      ? '$(pgrep -u "$(id -u)" node 2>/dev/null)'
      : name === 'abort'
        ? '$(_pendingop_mounts)'
        : '';
    return `    ${name}) words="${[flags, more].filter(Boolean).join(' ')}" ;;`;
  });
  return `# bash completion for pendingop: eval "$(npx pendingop completion bash)"
_pendingop_mounts() { cut -d' ' -f5 /proc/self/mountinfo; }
_pendingop() {
  local current=\${COMP_WORDS[COMP_CWORD]} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(' ')} help completion --help --version"
  else
    case \${COMP_WORDS[1]} in
${cases.join('\n')}
    help) words="${commands.map(({ name }) => name).join(' ')}" ;;
    completion) words="bash zsh" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _pendingop pendingop
`;
}

const quoted = (text: string): string =>
  text.replaceAll("'", '’').replaceAll('[', '(').replaceAll(']', ')').replaceAll(':', '\\:');

function zsh(commands: readonly Command[]): string {
  const described = commands.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  const cases = commands.map((command) => {
    const { name, words } = command;
    const flags = command.options.map((option) => {
      const { value, help } = OPTIONS[option];
      return `'--${option}${value === undefined ? '' : '='}[${quoted(help)}]${value === undefined ? '' : `:${value}:`}'`;
    });
    const positional = words.includes('pid')
      ? ["'1:process:_pids'"]
      : name === 'abort'
        ? ["'1:mount:_directories'"]
        : [];
    const more =
      name === 'interrupt' ? ["'2:path or op:_files'"] : name === 'run' ? ["'*::command:_normal'"] : [];
    return `    ${name}) _arguments ${[...flags, ...positional, ...more].join(' ')} ;;`;
  });
  return `#compdef pendingop
# zsh completion for pendingop: put it into a folder of $fpath as _pendingop
_pendingop() {
  local -a commands
  commands=(
${described.join('\n')}
    'help:what a command does'
    'completion:completion for bash or zsh'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${cases.join('\n')}
    completion) _values shell bash zsh ;;
  esac
}
_pendingop "$@"
`;
}

/** Returns undefined for an unknown shell. */
export function completionFor(shell: string, commands: readonly Command[]): string | undefined {
  if (shell === 'bash') return bash(commands);
  return shell === 'zsh' ? zsh(commands) : undefined;
}
