/** `stage-flash completion SHELL`: prints the script that teaches a shell what can be written behind stage-flash. */
import type { Command } from 'commander';
import { Argument } from 'commander';
import type { CommandContext } from './command-context.js';
import { commandShapes } from './command-shapes.js';
import { completionScript, type Shell, SHELLS } from './completion-scripts.js';

/** @param wholeProgram with all commands, also those that are loaded only when they are called */
export function addCompletionCommand(program: Command, { stdout }: CommandContext, wholeProgram: () => Promise<Command>, defaultName: string): Command {
  return program
    .command('completion')
    .description('print a script that teaches a shell to complete stage-flash')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', '\nExamples:\n  source <(stage-flash completion bash)\n  stage-flash completion fish > ~/.config/fish/completions/stage-flash.fish\n')
    .action(async (shell: Shell) => stdout.write(completionScript(shell, commandShapes(await wholeProgram(), defaultName))));
}
