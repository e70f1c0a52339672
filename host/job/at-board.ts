/** A job's way to its board: the link is opened, counted, closed in the end or by Ctrl-C, and made again where that can be borne. */
import { H7_PARTS } from '../device/h7-parts.js';
import { StageFlashError } from '../errors.js';
import type { JobOptions } from '../flash-options.js';
import type { JobEvents } from '../job-events.js';
import { avoidXonXoff } from '../link/avoid-xonxoff.js';
import { countTraffic } from '../link/counting-link.js';
import type { Link } from '../link/link.js';
import { parseLinkUrl } from '../link/link-url.js';
import { openLink } from '../link/open-link.js';
import { ReconnectingLink } from '../link/reconnecting-link.js';
import type { Logbook } from '../report/logbook.js';

const DEFAULT_RETRY_BUDGET_MS = 600_000;

/**
 * @param link for the ROM bootloader and the loader, which cannot bear a new connection
 * @param steadyLink to the same board, for the stub, which can
 */
export type BoardWork<Result> = (link: Link, steadyLink: Link) => Promise<Result>;

/**
 * @param afterAbort what to do then, for whoever aborted
 * @throws StageFlashError whatever goes wrong; after an abort its kind is `interrupted`
 */
export async function atBoard<Result>(options: JobOptions, log: Logbook, events: JobEvents, afterAbort: string, work: BoardWork<Result>): Promise<Result> {
  const { to, signal, tracePath } = options;
  events.phase('connect', `Connecting to ${parseLinkUrl(to).name}`);
  const link = await openLink(to, { warn: (text) => events.warning(text), ...(signal && { signal }), ...(tracePath !== undefined && { tracePath }) });
  const closeOnAbort = (): void => void link.close();
  signal?.addEventListener('abort', closeOnAbort);
  try {
    return await overLink(link, options, log, events, work);
  } catch (error) {
    throw signal?.aborted ? new StageFlashError('interrupted', 'interrupted', { cause: error, hint: afterAbort }) : error;
  } finally {
    signal?.removeEventListener('abort', closeOnAbort);
    await link.close();
  }
}

/** The same over a link that is open and stays its maker's. */
export async function overLink<Result>(openedLink: Link, options: JobOptions, log: Logbook, events: JobEvents, work: BoardWork<Result>): Promise<Result> {
  const link = countTraffic(options.avoidXonXoff ? avoidXonXoff(openedLink) : openedLink);
  events.useClock(() => link.now());
  log.link = link;
  if (link.hasXonXoff) events.note('0x11 and 0x13 are kept off the wire, in both directions.');
  log.startedMs = link.now();
  // From the stub on, a connection that breaks is only an interruption.
  const steadyLink = new ReconnectingLink(link, { budgetMs: options.retryBudgetMs ?? DEFAULT_RETRY_BUDGET_MS, say: (text) => events.warning(text), signal: options.signal });
  try {
    return await work(link, steadyLink);
  } finally {
    await steadyLink.close();
  }
}

/** Before anything is opened. @throws StageFlashError kind `usage` */
export function demandKnownChip(chip: string | undefined): void {
  const names = H7_PARTS.map((part) => part.name);
  if (chip === undefined || names.some((name) => name.toLowerCase() === chip.toLowerCase())) return;
  throw new StageFlashError('usage', `there is no chip "${chip}"`, { hint: `Valid: ${names.join(', ')}.` });
}
