/** Commander's tables as plain values: what commands there are and what can be written behind them. For completion. */
import type { Command, Option } from 'commander';
import { H7_PARTS } from '../device/h7-parts.js';
import { SCHEMES } from '../link/link-url.js';

export interface OptionShape {
  /** `--to`. */
  readonly long: string;
  readonly description: string;
  /** What its value may be; undefined: it takes none. */
  readonly value: ValueShape | undefined;
}

/** Words to choose from, a file, or something that nobody can guess. */
export type ValueShape = readonly string[] | 'file' | 'anything';

export interface CommandShape {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionShape[];
  /** Of the first argument; undefined: there is none. */
  readonly argument: ValueShape | undefined;
  /** What is meant when none is named. */
  readonly isDefault: boolean;
}

/** `tcp://HOST:PORT` begins with `tcp://`. */
const LINK_BEGINNINGS = Object.values(SCHEMES).map(({ form }) => /^[a-z0-9]+:(?:\/\/)?/.exec(form)?.[0] ?? form);

/** Where Commander's tables do not tell. */
const KNOWN_VALUES: Readonly<Record<string, ValueShape>> = { '--to': LINK_BEGINNINGS, '--chip': H7_PARTS.map(({ name }) => name) };

/** @param program with all of its commands loaded */
export function commandShapes(program: Command, defaultName: string): readonly CommandShape[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: firstClause(command.description()),
    options: command.createHelp().visibleOptions(command).flatMap(optionShape),
    argument: argumentShape(command),
    isDefault: command.name() === defaultName,
  }));
}

function optionShape(option: Option): OptionShape[] {
  if (option.long === undefined || option.long === null) return [];
  const takesValue = option.required || option.optional;
  return [{ long: option.long, description: firstClause(option.description), value: takesValue ? valueShape(option) : undefined }];
}

function valueShape({ long, flags, argChoices }: Option): ValueShape {
  return argChoices ?? KNOWN_VALUES[long ?? ''] ?? (/[<[](file|FILE)/.test(flags) ? 'file' : 'anything');
}

function argumentShape(command: Command): ValueShape | undefined {
  const [argument] = command.registeredArguments;
  if (argument === undefined) return undefined;
  return argument.argChoices ?? (/image|file/.test(argument.name()) ? 'file' : 'anything');
}

/** Shells show one short line. */
function firstClause(text: string): string {
  return text.split(/[:;(]|, e\.g\./)[0]!.trim();
}
