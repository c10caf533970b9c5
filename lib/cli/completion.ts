// Scripts for bash and zsh that complete commands, options, pids and mounts.
import type { Command } from './command';
import { OPTIONS } from './command';

const flagsOf = ({ options }: Command): string => options.map((name) => `--${name}`).join(' ');

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const { name, words } = command;
    const more = words.includes('pid') ? '_pendingop_pids' : name === 'abort' ? '_pendingop_mounts' : ':';
    return `    ${name}) words="${flagsOf(command)}"; ${more} ;;`;
  });
  const names = commands.map(({ name }) => name).join(' ');
  // Not by `compgen -W`, which expands its words: a mount point is named by whoever has mounted it.
  return `# bash completion for pendingop: eval "$(npx pendingop completion bash)"
_pendingop_offer() { [[ $1 == "$current"* ]] && COMPREPLY+=("$(printf %q "$1")"); }
_pendingop_mounts() {
  local line point
  while read -r line; do
    set -f; set -- $line; set +f
    printf -v point %b "$5"
    _pendingop_offer "$point"
  done < /proc/self/mountinfo
}
_pendingop_pids() {
  local pid
  for pid in $(pgrep -u "$(id -u)" node 2>/dev/null); do _pendingop_offer "$pid"; done
}
_pendingop() {
  local current=\${COMP_WORDS[COMP_CWORD]} words word
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${names} help completion --help --version"
  else
    case \${COMP_WORDS[1]} in
${cases.join('\n')}
    help) words="${names}" ;;
    completion) words="bash zsh" ;;
    esac
  fi
  for word in $words; do _pendingop_offer "$word"; done
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
# zsh completion for pendingop: put it into a folder of $fpath as _pendingop, or, after compinit,
# eval "$(npx pendingop completion zsh)"
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
if [ "\${funcstack[1]}" = _pendingop ]; then
  _pendingop "$@"
else
  compdef _pendingop pendingop
fi
`;
}

/** Returns undefined for an unknown shell. */
export function completionFor(shell: string, commands: readonly Command[]): string | undefined {
  if (shell === 'bash') return bash(commands);
  return shell === 'zsh' ? zsh(commands) : undefined;
}
