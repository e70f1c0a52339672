/** `stage-flash info`. */
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { addJobOptions, addLinkOption, addVisitOptions, type JobValues } from './job-options.js';
import { runJob } from './run-job.js';

export function addInfoCommand(program: Command, context: CommandContext): Command {
  const command = program.command('info').description('say what the board is, how it is protected and what its flash holds; changes nothing');
  return addJobOptions(addVisitOptions(addLinkOption(command))).action((values: JobValues) => runJob('info', values, context, context.info));
}
