/**
 * The command line as a whole: arguments → the command → an exit code. Touches nothing of the process; main.ts hands it in.
 */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { StageFlashError } from '../errors.js';
import { addCacheCommand } from './cache-command.js';
import type { CommandContext } from './command-context.js';
import { addCompletionCommand } from './completion-command.js';
import { addDoctorCommand } from './doctor-command.js';
import { addEraseCommand } from './erase-command.js';
import { describeFailure, failureAsJson } from './failure.js';
import { addFlashCommand } from './flash-command.js';
import { helpAfterOptions } from './help-text.js';
import { addInfoCommand } from './info-command.js';
import { addReadCommand } from './read-command.js';
import { addResumeCommand } from './resume-command.js';
import { addRunCommand } from './run-command.js';
import { addVerifyCommand } from './verify-command.js';
import { applySettings } from './settings.js';

/**
 * Commands that bring an ARM engine with them. They are loaded when they are called; until then the help knows them by these lines.
 */
export const HEAVY_COMMANDS: readonly { readonly name: string; readonly description: string; readonly load: (program: Command, context: CommandContext) => Promise<void> }[] = [
  {
    name: 'sim',
    description: 'serve a virtual board, to rehearse a job without hardware',
    load: async (program, context) => (await import('./sim-command.js')).addSimCommand(program, context),
  },
  {
    name: 'demo',
    description: 'flash a real application onto a virtual board over a slow link, and boot it',
    load: async (program, context) => (await import('./demo-command.js')).addDemoCommand(program, context),
  },
];

/** @returns the exit code */
export async function runProgram(userArguments: readonly string[], context: CommandContext): Promise<number> {
  try {
    const [first, second] = userArguments;
    const program = await buildProgram([first === 'help' ? second : first], context);
    if (userArguments.length === 0) program.help({ error: true });
    refuseMistypedCommand(userArguments[0], ['help', ...program.commands.map((command) => command.name())]);
    await program.parseAsync(userArguments, { from: 'user' });
    return 0;
  } catch (error) {
    const failure = describeFailure(error, context);
    if (userArguments.includes('--json') && failure.exitCode !== 0) context.stdout.write(`${JSON.stringify(failureAsJson(error, failure))}\n`);
    context.stderr.write(failure.text);
    return failure.exitCode;
  }
}

/** @param called names of commands that are loaded now */
async function buildProgram(called: readonly (string | undefined)[], context: CommandContext): Promise<Command> {
  const program = new Command('stage-flash')
    .description('Flashes an STM32H7 behind a slow TCP-to-UART converter, in the time the wire needs.')
    .version(context.version)
    .exitOverride()
    .configureOutput({ writeOut: context.stdout.write, writeErr: context.stderr.write, outputError: hinting('stage-flash --help') })
    .usage('<image> [--to <url>] [options]  |  <command> [options]')
    .showSuggestionAfterError();
  const flash = addFlashCommand(program, context);
  // Whoever asks for help wants the default command's in the first place.
  program.addHelpText('after', () => `\n${flash.helpInformation()}${helpAfterOptions()}`);
  addResumeCommand(program, context);
  addInfoCommand(program, context);
  addVerifyCommand(program, context);
  addReadCommand(program, context);
  addEraseCommand(program, context);
  addRunCommand(program, context);
  addDoctorCommand(program, context);
  addCacheCommand(program, context);
  program.hook('preAction', (_, command) => applySettings(command, context));
  addCompletionCommand(program, context, () => buildProgram(HEAVY_COMMANDS.map(({ name }) => name), context), flash.name());
  for (const { name, description, load } of HEAVY_COMMANDS) {
    if (called.includes(name)) await load(program, context);
    else program.command(name).description(description);
  }
  for (const command of program.commands) if (command !== flash) command.configureOutput({ outputError: hinting(`stage-flash ${command.name()} --help`) });
  return program;
}

/** Commander's own messages in the form of ours: one line that says what, one that says what to try. */
function hinting(help: string): (text: string, write: (text: string) => void) => void {
  return (text, write) => {
    const [, message, suggestion] = /^([^]*?)\n?(?:\((Did you mean [^)]*)\))?\n$/.exec(text) ?? [];
    write(`${message ?? text}\nhint: ${suggestion ?? `${help} shows how it is written.`}\n`);
  };
}

/** A word that is neither a command nor a file would else be taken for an image, and the complaint be about something else. */
function refuseMistypedCommand(word: string | undefined, commands: readonly string[]): void {
  if (word === undefined || !/^[a-z][a-z-]*$/.test(word) || commands.includes(word) || existsSync(word)) return;
  throw new StageFlashError('usage', `there is no command and no file "${word}"`, { hint: `Commands: ${commands.join(', ')}. stage-flash --help says more.` });
}
