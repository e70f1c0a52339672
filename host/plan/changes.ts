/**
 * Where in a stream the flash begins to change, sector by sector: as long as nothing of such an operation has been sent, its sector is what it was. Pure;
 * says how far ahead of the stub these operations may be, and who writes down which of them have gone is somebody else (host/job/sector-journal.ts).
 */
import { sectorAt } from '../device/memory-map.js';
import { LIMITS } from '../protocol/wire.js';
import { lastWords, type Plan } from './plan.js';
import { walkStream } from './walk-stream.js';

const UNIT = LIMITS.unitBytes.value;

/** From `from` on, in the stream; done or begun when everything before `to` is executed. */
export interface Change {
  readonly from: number;
  readonly to: number;
  /** Its number. */
  readonly sector: number;
  readonly kind: 'erase' | 'vector';
  /** Changes with no content between them belong together: an update has one step for each sector, another stream erases all in one. */
  readonly step: number;
}

export interface Changes {
  /** In the order of the stream: an erase of each sector, and the flash words that come last. */
  readonly all: readonly Change[];
  /** Where all content but those words is in flash, as the stub has found: the end of the first PROVE. */
  readonly provenFrom: number;
}

/** @param stream the plan's */
export function changesOf(plan: Plan, stream: Uint8Array): Changes {
  const all: Change[] = [];
  let provenFrom = Infinity;
  let step = 0;
  let hasContent = false;
  for (const operation of walkStream(stream, plan)) {
    const { name, from, to } = operation;
    const isVector = name === 'content' && lastWords(plan).some(({ address }) => address === operation.address);
    if (name === 'prove') provenFrom = Math.min(provenFrom, to);
    if (name === 'erase' || isVector) {
      if (hasContent) step++;
      hasContent = false;
      all.push({ from, to, sector: sectorAt(plan.part, operation.address)!.number, kind: isVector ? 'vector' : 'erase', step });
    } else if (name === 'content') {
      hasContent = true;
    }
  }
  return { all, provenFrom };
}

/**
 * How far the stream may be sent when so much of it is executed: of the steps that the stub has not come to, no more than `ahead` have gone, so that a cut
 * finds the other sectors as they were. Only whole units go; where a unit holds the end of one step and the begin of another, both do.
 */
export function sendLimit({ all }: Changes, streamBytes: number, executedBytes: number, ahead: number): number {
  const last = (all.filter(({ to }) => to <= executedBytes).at(-1)?.step ?? -1) + ahead;
  const next = all.find(({ step }) => step > last);
  if (next === undefined) return streamBytes;
  const wantedBytes = all.filter(({ step }) => step <= last).at(-1)!.to;
  const wholeUnits = Math.floor(next.from / UNIT) * UNIT;
  return wholeUnits >= wantedBytes ? wholeUnits : wholeUnits + UNIT;
}
