/** What must not happen without somebody's word. */
import { StageFlashError } from '../errors.js';
import type { AskConsent } from '../flash-options.js';

/**
 * @param ask undefined: there is nobody to ask
 * @param deed as an imperative, without a full stop
 * @throws StageFlashError kind `refused`
 */
export async function demandConsent(ask: AskConsent | undefined, deed: string): Promise<void> {
  demandSomebodyToAsk(ask, deed);
  if (!(await ask(`${deed}?`))) throw new StageFlashError('refused', 'nothing was done: the answer was no');
}

/** The same before it is known what exactly the question will be. */
export function demandSomebodyToAsk(ask: AskConsent | undefined, deed: string): asserts ask is AskConsent {
  if (ask !== undefined) return;
  throw new StageFlashError('refused', `nobody has agreed to this: ${deed}`, { hint: 'Add --yes, or run it on a terminal, where you are asked.' });
}
