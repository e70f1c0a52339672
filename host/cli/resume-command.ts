/** `stage-flash resume`: flash() again, as this machine has written it down. */
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { addJobOptions, addLinkOption, consentOf, type JobValues } from './job-options.js';
import { runJob } from './run-job.js';

interface ResumeValues extends JobValues {
  readonly board?: string;
  readonly yes?: true;
}

const MORE = `
The image and the options of that job are remembered; how the board is brought into its
bootloader is not: say --enter… again, or keep it in stage-flash.toml. A stub that still
works on the board goes on where it is. Otherwise the board must be in its bootloader,
and what is right already is not sent again.
`;

export function addResumeCommand(program: Command, context: CommandContext): Command {
  const command = program.command('resume').description('go on with the job that this machine left unfinished: on that link, or the only one');
  addLinkOption(command)
    .option('--board <uid>', 'of the board with this unique id, as info shows it')
    .option('--yes', 'do it without asking, also where a job that is cut leaves no way back into the board');
  return addJobOptions(command).addHelpText('after', MORE).action(async ({ board, ...values }: ResumeValues) => {
    const { options: saved, text } = await context.findUnfinished({ to: values.to, board });
    await runJob('resume', { ...values, to: saved.to }, context, (options) => {
      options.events({ type: 'note', text, atMs: 0 });
      return context.flash({ ...saved, ...options, consent: consentOf(values, context) });
    });
  });
}
