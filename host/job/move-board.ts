/**
 * Brings a board into its ROM bootloader before a job and out of it afterwards, as the user says: by a command on this machine, by DTR and
 * RTS, by bytes that its application understands.
 */
import { StageFlashError } from '../errors.js';
import type { BoardMoves, JobOptions } from '../flash-options.js';
import type { JobEvents } from '../job-events.js';
import type { Link } from '../link/link.js';
import type { Logbook } from '../report/logbook.js';
import { runCommand } from './run-command.js';

/** AN2606 table 227: 54 ms from reset to a ROM that listens; H7A needs 545 ms. */
const ROM_START_UP_MS = 600;

/** What is asked, who is told, what is known. */
interface Moving {
  readonly options: JobOptions;
  readonly events: JobEvents;
  readonly log: Logbook;
}

/** @throws StageFlashError kind `usage` when the link has no such lines, `link` when a step fails */
export async function enterBootloader({ options, events }: Omit<Moving, 'log'>, link: Link): Promise<void> {
  if (options.enter === undefined) return;
  events.note('Bringing the board into its bootloader');
  await move('enter', options.enter, { options, events }, link);
  // What the application said until now, and the reset's noise, answer nothing.
  await idle(link, ROM_START_UP_MS);
}

/**
 * Does the job and then lets the board go: when its flash is proven, or untouched. While anything in between may go on, or be tried again,
 * the board is left to it.
 */
export async function leaveAfter<Result extends { readonly text: string }>(moving: Moving, link: Link, work: () => Promise<Result>): Promise<Result> {
  const { options, events, log } = moving;
  const { leave, signal } = options;
  if (leave === undefined) return work();
  let report: Result;
  try {
    report = await work();
  } catch (error) {
    if (log.flash !== 'untouched') events.warning('The board was not brought out of its bootloader: it may still be at work, or hold half an image.');
    else if (log.rom !== undefined && !signal?.aborted) {
      await move('leave', leave, moving, link).catch((second: unknown) => events.warning(second instanceof Error ? second.message : String(second)));
    }
    throw error;
  }
  events.note('Bringing the board out of its bootloader');
  try {
    await move('leave', leave, moving, link);
  } catch (error) {
    if (!(error instanceof StageFlashError) || error.kind !== 'link') throw error;
    throw new StageFlashError('link', `the job is done, but ${error.message}`, { hint: error.hint ?? 'Bring the board out of its bootloader by hand.', cause: error });
  }
  return report;
}

async function move(which: 'enter' | 'leave', { person, command, lines, send }: BoardMoves, { options, events }: Omit<Moving, 'log'>, link: Link): Promise<void> {
  if (lines !== undefined && link.abilities?.includes('modem-lines') !== true) {
    throw new StageFlashError('usage', `${link.name} has no DTR and RTS for --${which}`, { hint: `serial: and rfc2217: links have them; --${which}-cmd works beside any link.` });
  }
  if (person !== undefined && !(await person.ask(`${person.text} Done?`))) {
    throw new StageFlashError('refused', `nobody has done what --${which}-ask wants`, { hint: 'Run the command again, and answer y when it is done.' });
  }
  if (command !== undefined) await runCommand(`--${which}-cmd`, command, events, options.signal);
  for (const step of lines ?? []) {
    if ('waitMs' in step) await idle(link, step.waitMs);
    else await link.setModemLines?.(step);
  }
  if (send !== undefined) await link.send(send);
}

/** Lets time pass, and drops what comes. */
async function idle(link: Link, durationMs: number): Promise<void> {
  const untilMs = link.now() + durationMs;
  while (link.now() < untilMs) await link.receive(untilMs);
}
