/** Shell completion: a script for each shell, made from the tree of commands. The script starts no process itself. */
import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

interface Completed {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Option[];
  /** Values that its argument may have. */
  readonly choices: readonly string[];
  /** Whether its argument is a file. */
  readonly takesFile: boolean;
}

/** @param program the tree of commands */
export function completionScript(shell: Shell, program: Command): string {
  const help = program.createHelp();
  const visible = help.visibleCommands(program);
  const commands = visible.map((command) => ({
    name: command.name(),
    summary: command.summary() || command.description(),
    options: help.visibleOptions(command),
    choices: choicesOf(command, visible),
    takesFile: command.registeredArguments.some((argument) => argument.name() === 'FILE'),
  }));
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands, help.visibleOptions(program));
}

function choicesOf(command: Command, all: readonly Command[]): readonly string[] {
  if (command.name() === 'help') return all.map((each) => each.name()).filter((name) => name !== 'help');
  return command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
}

function flagsOf({ short, long }: Option): readonly string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** Whether the value of the option is a file. */
function namesFile({ flags }: Option): boolean {
  return flags.includes('<FILE>');
}

/** Puts a text in single quotes, for any of the shells. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function bashScript(commands: readonly Completed[], options: readonly Option[]): string {
  const first = [...commands.map(({ name }) => name), ...options.flatMap(flagsOf)];
  return `# bash completion of ebb
_ebb() {
  local words=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words=${quoted(first.join(' '))}
  else
    case "\${COMP_WORDS[1]}" in
${commands.map(bashCase).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _ebb ebb
`;
}

function bashCase({ name, options, choices, takesFile }: Completed): string {
  const files = options.filter(namesFile).flatMap(flagsOf);
  const valued = options.filter((option) => takesValue(option) && !namesFile(option)).flatMap(flagsOf);
  const words = [...choices, ...options.flatMap(flagsOf)].join(' ');
  return [
    `      ${name})`,
    ...(files.length === 0
      ? []
      : [
          `        case "\${COMP_WORDS[COMP_CWORD-1]}" in ${files.join('|')}) compopt -o default 2> /dev/null; return ;; esac`,
        ]),
    ...(valued.length === 0
      ? []
      : [`        case "\${COMP_WORDS[COMP_CWORD-1]}" in ${valued.join('|')}) return ;; esac`]),
    ...(takesFile ? ['        compopt -o default 2> /dev/null'] : []),
    // Files are completed where no option begins.
    ...(takesFile ? [`        case "\${COMP_WORDS[COMP_CWORD]}" in -*) ;; *) return ;; esac`] : []),
    `        words=${quoted(words)} ;;`,
  ].join('\n');
}

function zshScript(commands: readonly Completed[], options: readonly Option[]): string {
  const described = commands.map(({ name, summary }) => quoted(`${name}:${summary}`));
  const first = options.flatMap((option) => flagsOf(option).map((flag) => quoted(`${flag}:${option.description}`)));
  return `#compdef ebb
_ebb() {
  local -a commands options
  commands=(
    ${described.join('\n    ')}
  )
  options=(
    ${first.join('\n    ')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    _describe -o 'option' options
    return
  fi
  shift words
  (( CURRENT-- ))
  case "$words[1]" in
${commands.map(zshCase).join('\n')}
  esac
}
if [ "$funcstack[1]" = _ebb ]; then _ebb "$@"; else compdef _ebb ebb; fi
`;
}

function zshCase({ name, options, choices, takesFile }: Completed): string {
  const argument = takesFile ? ["'1:file:_files'"] : choices.length > 0 ? [`'1:word:(${choices.join(' ')})'`] : [];
  const specs = options.flatMap((option) => flagsOf(option).map((flag) => quoted(zshSpec(option, flag))));
  return `    ${name}) _arguments ${[...argument, ...specs].join(' ')} ;;`;
}

function zshSpec(option: Option, flag: string): string {
  const description = option.description.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
  return `${flag}[${description}]${namesFile(option) ? ':file:_files' : takesValue(option) ? ':value: ' : ''}`;
}

function fishScript(commands: readonly Completed[], options: readonly Option[]): string {
  const lines = [
    '# fish completion of ebb',
    'complete -c ebb -f',
    ...options.map((option) => `complete -c ebb -n __fish_use_subcommand ${fishOption(option)}`),
    ...commands.flatMap(fishCommand),
  ];
  return `${lines.join('\n')}\n`;
}

function fishCommand({ name, summary, options, choices, takesFile }: Completed): string[] {
  const within = `complete -c ebb -n '__fish_seen_subcommand_from ${name}'`;
  return [
    `complete -c ebb -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...(takesFile ? [`${within} -F`] : []),
    ...(choices.length > 0 ? [`${within} -a ${quoted(choices.join(' '))}`] : []),
    ...options.map((option) => `${within} ${fishOption(option)}`),
  ];
}

function fishOption(option: Option): string {
  const { short, long, description } = option;
  return [
    ...(short ? [`-s ${short.slice(1)}`] : []),
    ...(long ? [`-l ${long.slice(2)}`] : []),
    ...(namesFile(option) ? ['-r', '-F'] : takesValue(option) ? ['-x'] : []),
    `-d ${quoted(description)}`,
  ].join(' ');
}
