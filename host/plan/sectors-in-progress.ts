/**
 * Which sectors a cut at this moment may leave half erased or half written. What such a sector reads as proves nothing: an interrupted flash word
 * may read right once and wrong later. Pure.
 */
import { flashWordRuns } from './build-plan.js';
import type { Plan } from './plan.js';

/** Flash words that the other bank can have finished while one is still being programmed, with room. */
const UNDERWAY_WORDS = 16;

/**
 * @param programmedWords as the stub counts: flash words are programmed in the order of `plan.writes`, what it keeps of the vector's sector before
 * @returns numbers of sectors; the vector's to the very end, because its first flash word is the last of all
 */
export function sectorsInProgress(plan: Plan, programmedWords: number): readonly number[] {
  const { flashWordBytes } = plan.part;
  const [vectorSector, ...others] = plan.erases;
  if (vectorSector === undefined) return [];
  const keptRuns = plan.kept === undefined || plan.vectorWord === undefined ? [] : flashWordRuns(plan.kept, flashWordBytes, [plan.vectorWord.address]);
  let words = keptRuns.reduce((sum, run) => sum + run.bytes.length, 0) / flashWordBytes;
  const wordsAtEnd = new Map<number, number>();
  for (const { address, bytes } of plan.writes) {
    words += bytes.length / flashWordBytes;
    const sector = plan.erases.find(({ base, lengthBytes }) => address >= base && address < base + lengthBytes);
    if (sector !== undefined) wordsAtEnd.set(sector.number, words);
  }
  const { secondWord } = plan;
  const secondSector = secondWord && plan.erases.find(({ base, lengthBytes }) => secondWord.address >= base && secondWord.address < base + lengthBytes)?.number;
  const isInProgress = (sector: number): boolean => sector === secondSector || programmedWords < (wordsAtEnd.get(sector) ?? words) + UNDERWAY_WORDS;
  return [vectorSector.number, ...others.map(({ number }) => number).filter(isInProgress)];
}
