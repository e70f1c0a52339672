/**
 * An update in place: which old sector the stub copies into which slot of its RAM before it is erased, and what old content can therefore still be
 * read while each sector is produced. Pure.
 */
import { sectors, type Sector } from '../device/memory-map.js';
import { copyPlaces } from './copy-places.js';
import type { Plan } from './plan.js';

export interface KeptSector {
  readonly sector: Sector;
  readonly slot: number;
}

/** Addresses from `from` to before `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** One sector that is produced from the stream. */
export interface UpdateStep {
  readonly sector: Sector;
  /** Copied and erased before this sector's content is unpacked: itself, if that has not been done, and where there is room the next one. */
  readonly keeps: readonly KeptSector[];
  /** Old content that is in RAM, or untouched in flash, while this sector is unpacked. */
  readonly readable: readonly Range[];
}

/**
 * Undefined where the part has no RAM for a copy. With one, each sector is erased and then written; with more, the next sector is erased meanwhile, and
 * the other slots hold what came before: content that has moved up is found there. The copy of a vector's sector that was right already is
 * in flash again when this begins, all but its first flash word, and its slot is free.
 */
export function updateSchedule(plan: Plan, slots = copyPlaces(plan.part).length): readonly UpdateStep[] | undefined {
  const sent = plan.erases.filter((sector) => sector.number !== plan.kept?.sector.number);
  if (slots < 1 || sent.length === 0) return undefined;
  const ahead = slots > 1 ? 1 : 0;
  const erased = new Set<number>();
  let next = 0;
  return sent.map((sector, index): UpdateStep => {
    const keeps: KeptSector[] = [];
    for (; next <= Math.min(index + ahead, sent.length - 1); next++) {
      keeps.push({ sector: sent[next]!, slot: next % slots });
      erased.add(sent[next]!.number);
    }
    const inRam = sent.slice(Math.max(0, next - slots), next);
    const inFlash = sectors(plan.part).filter(({ number }) => !erased.has(number));
    return { sector, keeps, readable: [...inRam, ...inFlash].flatMap((readable) => withoutVectorWord(plan, readable)) };
  });
}

function withoutVectorWord({ kept, vectorWord, part }: Plan, { number, base, lengthBytes }: Sector): Range[] {
  const whole = { from: base, to: base + lengthBytes };
  if (vectorWord === undefined || number !== kept?.sector.number) return [whole];
  return [{ from: whole.from, to: vectorWord.address }, { from: vectorWord.address + part.flashWordBytes, to: whole.to }].filter(({ from, to }) => from < to);
}
