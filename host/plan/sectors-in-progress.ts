/**
 * Which sectors a cut at this moment may leave half erased or half written. What such a sector reads as proves nothing: an interrupted flash word
 * may read right once and wrong later. Pure.
 */
import { flashWordRuns } from './build-plan.js';
import type { Changes } from './changes.js';
import type { Plan } from './plan.js';

/** Flash words that the other bank can have finished while one is still being programmed, with room. */
const UNDERWAY_WORDS = 16;

/** How far a job has come, by what is known of it. */
export interface Moment {
  /** Of the stream, nothing behind this has been sent. */
  readonly sentBytes: number;
  readonly executedBytes: number;
  /** As the stub counts: flash words are programmed in the order of `plan.writes`, what it keeps of the vector's sector before. */
  readonly programmedWords: number;
}

/**
 * @param changes of the plan's stream
 * @param distrusted numbers of sectors that were in progress before: until they are written anew they still are
 * @returns numbers of sectors. The vector's is whole but for its first flash word while the others are written, and in progress again when that is sent
 */
export function sectorsInProgress(plan: Plan, { all, provenFrom }: Changes, distrusted: readonly number[], moment: Moment): readonly number[] {
  const wordsAtEnd = wordsBySector(plan);
  const begun = all.filter(({ from }) => from < moment.sentBytes);
  const isWritten = (sector: number): boolean =>
    moment.executedBytes >= provenFrom || moment.programmedWords >= (wordsAtEnd.get(sector) ?? Infinity) + UNDERWAY_WORDS;
  const isInProgress = (sector: number): boolean => {
    const changes = begun.filter((change) => change.sector === sector);
    if (changes.some(({ kind }) => kind === 'vector')) return true;
    return changes.length > 0 ? !isWritten(sector) : distrusted.includes(sector);
  };
  return [...new Set([...distrusted, ...begun.map(({ sector }) => sector)])].filter(isInProgress);
}

/** When so many flash words are programmed, those of the sector are among them; of one that is only erased there are none. */
function wordsBySector(plan: Plan): ReadonlyMap<number, number> {
  const { part: { flashWordBytes }, kept, vectorWord } = plan;
  const wordsAtEnd = new Map<number, number>();
  const keptRuns = kept === undefined || vectorWord === undefined ? [] : flashWordRuns(kept, flashWordBytes, [vectorWord.address]);
  let words = 0;
  for (const { address, bytes } of [...keptRuns, ...plan.writes]) {
    words += bytes.length / flashWordBytes;
    const sector = plan.erases.find(({ base, lengthBytes }) => address >= base && address < base + lengthBytes);
    if (sector !== undefined) wordsAtEnd.set(sector.number, words);
  }
  return wordsAtEnd;
}
