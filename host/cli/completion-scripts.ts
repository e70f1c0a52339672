/** Shapes of commands → scripts that teach a shell to complete them. Pure; the scripts are static and start no process. */
import type { CommandShape, OptionShape, ValueShape } from './command-shapes.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, commands: readonly CommandShape[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands);
}

/** For all three shells, in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function defaultOf(commands: readonly CommandShape[]): CommandShape {
  const found = commands.find(({ isDefault }) => isDefault);
  if (found === undefined) throw new RangeError('no default command');
  return found;
}

function bashScript(commands: readonly CommandShape[]): string {
  const names = commands.map(({ name }) => name).join('|');
  return `# Completion of stage-flash for bash. Put this into ~/.bashrc: source <(stage-flash completion bash)
_stage_flash() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command=${defaultOf(commands).name} word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${names}) command=$word; break;; esac
  done
  case $command:$previous in
${commands.flatMap(bashValues).join('\n')}
  esac
  case $command in
${commands.map((command) => `    ${command.name}) ${bashWords(command, commands)};;`).join('\n')}
  esac
}
complete -o bashdefault -o default -F _stage_flash stage-flash
`;
}

/** Replies for the word behind an option that takes a value. Nothing: bash's own completion of files. */
function bashValues({ name, options }: CommandShape): string[] {
  return options.flatMap(({ long, value }) => {
    if (value === undefined) return [];
    return [`    ${name}:${long}) ${typeof value === 'string' ? 'COMPREPLY=()' : bashReply(value)}; return;;`];
  });
}

function bashWords({ options, argument, isDefault }: CommandShape, commands: readonly CommandShape[]): string {
  const words = [...options.map(({ long }) => long), ...(Array.isArray(argument) ? (argument as string[]) : []), ...(isDefault ? commands.map(({ name }) => name) : [])];
  return bashReply(words);
}

function bashReply(words: readonly string[]): string {
  return `mapfile -t COMPREPLY < <(compgen -W ${quoted(words.join(' '))} -- "$current")`;
}

function zshScript(commands: readonly CommandShape[]): string {
  const fallback = defaultOf(commands);
  return `#compdef stage-flash
# Completion of stage-flash for zsh. Put this into a folder of your fpath as _stage-flash, or into ~/.zshrc: source <(stage-flash completion zsh)
_stage_flash() {
  local -a commands=(
${commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`).join('\n')}
  )
  local command=${fallback.name} word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if (( \${commands[(I)$word:*]} )); then command=$word; break; fi
  done
  case $command in
${commands.map((command) => `    ${command.name}) _arguments ${zshArguments(command)};;`).join('\n')}
  esac
  if [[ $command == ${fallback.name} ]]; then _describe command commands; fi
}
if [[ $funcstack[1] == _stage-flash ]]; then _stage_flash "$@"; else compdef _stage_flash stage-flash; fi
`;
}

function zshArguments({ name, options, argument, isDefault }: CommandShape): string {
  const ofName = isDefault ? [] : [quoted(`1:command:(${name})`)];
  const ofArgument = argument === undefined ? [] : [quoted(`*:argument:${zshAction(argument)}`)];
  return [...options.map(zshOption), ...ofName, ...ofArgument].join(' ');
}

function zshOption({ long, description, value }: OptionShape): string {
  const text = description.replaceAll(/[[\]:]/g, ' ');
  return quoted(value === undefined ? `${long}[${text}]` : `${long}=[${text}]:value:${zshAction(value)}`);
}

function zshAction(value: ValueShape): string {
  if (value === 'file') return '_files';
  if (value === 'anything') return ' ';
  return `(${value.map((word) => word.replaceAll(':', '\\:')).join(' ')})`;
}

function fishScript(commands: readonly CommandShape[]): string {
  const others = commands.filter(({ isDefault }) => !isDefault).map(({ name }) => name);
  return `# Completion of stage-flash for fish. Put this into ~/.config/fish/completions/stage-flash.fish
complete -c stage-flash -e
${commands.map(({ name, description }) => `complete -c stage-flash -n __fish_is_first_token -a ${name} -d ${quoted(description)}`).join('\n')}
${commands.flatMap((command) => fishCommand(command, command.isDefault ? `not __fish_seen_subcommand_from ${others.join(' ')}` : `__fish_seen_subcommand_from ${command.name}`)).join('\n')}
`;
}

function fishCommand({ options, argument }: CommandShape, condition: string): string[] {
  const when = `complete -c stage-flash -n ${quoted(condition)}`;
  const ofArgument = Array.isArray(argument) ? [`${when} -f -a ${quoted((argument as string[]).join(' '))}`] : [];
  return [...options.map(({ long, description, value }) => `${when} -l ${long.slice(2)} -d ${quoted(description)}${fishValue(value)}`), ...ofArgument];
}

function fishValue(value: ValueShape | undefined): string {
  if (value === undefined) return '';
  if (value === 'file') return ' -r -F';
  return value === 'anything' ? ' -x' : ` -x -a ${quoted(value.join(' '))}`;
}
