/** `stage-flash resume`: which job this machine has left unfinished, and whether it can be gone on with. Looks at files, never at a board. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { StageFlashError, fileTrouble } from './errors.js';
import type { FlashOptions } from './flash-options.js';
import { rememberedAs } from './job/remembered-as.js';
import { parseLinkUrl } from './link/link-url.js';
import { uidOf } from './report/report.js';
import type { SavedJob } from './session/saved-job.js';
import { savedSessions, sessionFile, type SavedSession } from './session/session-file.js';

export interface WantedJob {
  /** Link URL. */
  readonly to?: string | undefined;
  /** Unique id of the board. */
  readonly board?: string | undefined;
}

export interface UnfinishedJob {
  readonly options: Pick<FlashOptions, 'to' | 'imagePath'> & SavedJob['options'];
  /** One line: what is gone on with. */
  readonly text: string;
}

type Unfinished = SavedSession & { readonly job: SavedJob };

const isUnfinished = (session: SavedSession | undefined): session is Unfinished => session?.job !== undefined;
const nameOf = ({ job: { imagePath, linkName }, facts, startedAt }: Unfinished): string => `${basename(imagePath)} on ${linkName} (board ${uidOf(facts)}, begun ${startedAt})`;

/**
 * @param folder of the session files @default the user's
 * @throws StageFlashError kind `usage` when there is none, or more than one; `refused` when the image is not what it was
 */
export function findUnfinished(wanted: WantedJob, folder?: string): UnfinishedJob {
  const found = choose(wanted, folder);
  const { imagePath, fileSha256, linkName, options, to = wanted.to } = found.job;
  if (to === undefined) throw new StageFlashError('usage', `${nameOf(found)} was left unfinished, but what leads to it is not written down`, { hint: `Say it again: --to ${linkName} with all that belongs to it.` });
  demandUnchanged(imagePath, fileSha256);
  return { options: { ...options, imagePath, to: wanted.to ?? to }, text: `Going on with ${nameOf(found)}` };
}

function choose({ to, board }: WantedJob, folder?: string): Unfinished {
  const all = savedSessions(folder).filter(isUnfinished);
  const ofLink = to === undefined ? all : [sessionFile(rememberedAs(to) ?? to, folder).load()].filter(isUnfinished);
  const found = ofLink.filter(({ facts }) => board === undefined || uidOf(facts) === board.toLowerCase());
  if (found.length === 1) return found[0]!;
  const which = [to !== undefined && `on ${parseLinkUrl(to).name}`, board !== undefined && `for the board ${board}`].filter(Boolean).join(' ');
  const others = all.map(nameOf).join('; ');
  if (found.length > 1) throw new StageFlashError('usage', `${found.length} jobs were left unfinished${which && ` ${which}`}: ${found.map(nameOf).join('; ')}`, { hint: 'Say which: --to URL or --board UID.' });
  throw new StageFlashError('usage', `no job was left unfinished${which && ` ${which}`} by this machine`, { hint: others === '' ? 'Flash an image: stage-flash IMAGE --to URL.' : `Unfinished: ${others}.` });
}

function demandUnchanged(path: string, fileSha256: string): void {
  const hint = 'Flash what is wanted now: stage-flash IMAGE --to URL begins anew.';
  let content: Uint8Array;
  try {
    content = readFileSync(path);
  } catch (error) {
    throw new StageFlashError('refused', `the image of the unfinished job is not there any more: ${path}: ${fileTrouble(error)}`, { hint, cause: error });
  }
  if (createHash('sha256').update(content).digest('hex') === fileSha256) return;
  throw new StageFlashError('refused', `${path} has changed since the job began that was left unfinished`, { hint });
}
