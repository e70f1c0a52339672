/** `stage-flash doctor`. */
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { addJobOptions, addLinkOption, type JobValues } from './job-options.js';
import { runJob } from './run-job.js';

const EXAMPLES = `
Examples:
  stage-flash doctor --to tcp://10.0.0.5:4001
      half a minute, most of it spent listening; the board must be in its ROM bootloader
  stage-flash doctor --to tcp://10.0.0.5:4001 --json | tail -1 | jq .details.doctor.findings
      name, evidence, meaning, remedy of each
  stage-flash doctor --to 'sim:?fault=parity=none'
      what it would say of a converter that is set to 8N1 (sim --list shows more)

Exit code 0: healthy. 11: there are findings; that no connection can be had is one of them.
`;

export function addDoctorCommand(program: Command, context: CommandContext): Command {
  const command = program.command('doctor').description('say what is wrong with the link to the board, and what to change; flash is not touched');
  return addJobOptions(addLinkOption(command)).addHelpText('after', EXAMPLES).action((values: JobValues) => runJob('doctor', values, context, context.doctor));
}
