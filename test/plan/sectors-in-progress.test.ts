/** What a cut may have harmed, by what the stub has counted. */
import { describe, expect, test } from 'vitest';
import { H7_PARTS } from '../../host/device/h7-parts.js';
import { buildPlan } from '../../host/plan/build-plan.js';
import { changesOf } from '../../host/plan/changes.js';
import { sectorsInProgress, type Moment } from '../../host/plan/sectors-in-progress.js';
import { planStream } from '../../host/plan/stream.js';
import { crc32 } from '../../host/protocol/crc32.js';
import { garbage, imageOf } from '../e2e/virtual-board.js';

const part = H7_PARTS.find(({ name }) => name === 'STM32H743xI')!;
const WORDS = 100;
const content = (seed: number): Uint8Array => garbage(WORDS * 32, seed);
/** Sectors 0, 1 and 8: both banks. */
const image = imageOf({ address: 0x0800_0000, bytes: content(1) }, { address: 0x0802_0000, bytes: content(2) }, { address: 0x0810_0000, bytes: content(3) });

const NOTHING: Moment = { sentBytes: 0, executedBytes: 0, programmedWords: 0 };

describe('sectors in progress', () => {
  const plan = buildPlan(image, part, { sectorDigests: undefined });
  const stream = planStream(plan);
  const changes = changesOf(plan, stream);
  const [vectorWord] = changes.all.filter(({ kind }) => kind === 'vector');
  const at = (moment: Partial<Moment>, distrusted: readonly number[] = []) => sectorsInProgress(plan, changes, distrusted, { ...NOTHING, sentBytes: vectorWord!.from, ...moment });

  test('are those of which the erase has been sent, byte by byte of it', () => {
    expect(changes.all.map(({ sector, kind }) => [sector, kind])).toEqual([[0, 'erase'], [8, 'erase'], [1, 'erase'], [0, 'vector']]);
    expect(at({ sentBytes: 0 })).toEqual([]);
    for (const { from, sector } of changes.all) {
      const before = at({ sentBytes: from });
      expect(at({ sentBytes: from + 1 })).toEqual(before.includes(sector) ? before : [...before, sector]);
    }
  });

  test('are fewer when every flash word of one is in place and the other bank has gone on', () => {
    // The vector's sector comes first but for its first flash word; then sector 8 of the other bank, then 1.
    expect(at({ programmedWords: WORDS - 1 })).toEqual([0, 8, 1]);
    expect(at({ programmedWords: WORDS + 20 })).toEqual([8, 1]);
    expect(at({ programmedWords: 2 * WORDS - 1 + 16 })).toEqual([1]);
  });

  test('are none when the stub has proven the content, until the vector’s flash word is on its way', () => {
    expect(at({ programmedWords: 3 * WORDS - 1, executedBytes: changes.provenFrom - 1 })).toEqual([1]);
    expect(at({ programmedWords: 3 * WORDS - 1, executedBytes: changes.provenFrom })).toEqual([]);
    expect(at({ programmedWords: 3 * WORDS - 1, executedBytes: stream.length, sentBytes: vectorWord!.from + 1 })).toEqual([0]);
  });

  test('are those that were so before, until they are written anew', () => {
    expect(at({ sentBytes: 0 }, [1, 5])).toEqual([1, 5]);
    expect(at({ programmedWords: 3 * WORDS - 1 }, [1, 5])).toEqual([1, 5]);
    expect(at({ executedBytes: changes.provenFrom }, [1, 5])).toEqual([5]);
  });

  test('count what the stub programs from its copy of the vector’s sector', () => {
    const whole = new Uint8Array(0x2_0000).fill(0xff);
    whole.set(content(1));
    const digests = [crc32(whole), ...Array<number>(15).fill(0)];
    const kept = buildPlan(image, part, { sectorDigests: digests });
    expect(kept.kept?.sector.number).toBe(0);
    const keptChanges = changesOf(kept, planStream(kept));
    const keptAt = (programmedWords: number) => sectorsInProgress(kept, keptChanges, [], { ...NOTHING, sentBytes: keptChanges.all.at(-1)!.from, programmedWords });
    expect(keptAt(2 * WORDS - 2)).toContain(8);
    expect(keptAt(2 * WORDS + 20)).not.toContain(8);
  });

  test('are none when nothing is to be done', () => {
    const nothing = { ...plan, erases: [], writes: [], vectorWord: undefined };
    expect(sectorsInProgress(nothing, changesOf(nothing, new Uint8Array(0)), [], NOTHING)).toEqual([]);
  });
});
