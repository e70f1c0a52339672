/** `stage-flash erase [RANGE …|--all]`. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { StageFlashError } from '../errors.js';
import type { EraseOptions } from '../flash-options.js';
import type { CommandContext } from './command-context.js';
import { addJobOptions, addLinkOption, addVisitOptions, consentOf, parseAddress, type JobValues } from './job-options.js';
import { runJob } from './run-job.js';

type Ranges = NonNullable<EraseOptions['ranges']>;

interface EraseValues extends JobValues {
  readonly all?: true;
  readonly yes?: true;
}

export function addEraseCommand(program: Command, context: CommandContext): Command {
  const command = program
    .command('erase')
    .description('erase whole sectors and prove that they are erased')
    .argument('[range...]', 'an address (its sector) or FIRST-LAST, like 0x08020000-0x0803FFFF', parseRange);
  addLinkOption(command).option('--all', 'erase the whole flash').option('--yes', 'do it without asking');
  return addJobOptions(addVisitOptions(command)).action(async (ranges: Ranges, values: EraseValues) => {
    if ((ranges.length > 0) === (values.all === true)) {
      throw new StageFlashError('usage', ranges.length > 0 ? '--all and a range contradict each other' : 'what is to be erased?', { hint: 'Say a range like 0x08020000-0x0803FFFF, or --all.' });
    }
    await runJob('erase', values, context, (options) => context.erase({ ...options, ranges: values.all ? undefined : ranges, consent: consentOf(values, context) }));
  });
}

function parseRange(text: string, before: Ranges = []): Ranges {
  const [first = '', last = first, ...more] = text.split('-');
  const range = { address: parseAddress(first), lengthBytes: parseAddress(last) - parseAddress(first) + 1 };
  if (more.length > 0 || range.lengthBytes < 1) throw new InvalidArgumentError('A range is written like 0x08020000-0x0803FFFF.');
  return [...before, range];
}
