import { describe, expect, test } from 'vitest';
import { buildPlan, vectorSectorOf } from '../../host/plan/build-plan.js';
import { blocksOf, filledRuns, outside, partialSectors, within, type SectorRest } from '../../host/plan/rest.js';
import { crc32 } from '../../host/protocol/crc32.js';
import { image, part, run } from './images.js';

const H743 = part('STM32H743xI');
const FIRST = 0x0800_0000;
const SECTOR = 0x2_0000;
const known = (...segments: { address: number; bytes: Uint8Array }[]): SectorRest => ({ kind: 'known', segments });

describe('the rest of a sector', () => {
  test('is what lies before, between and behind the image; a sector that is covered has none', () => {
    const partial = partialSectors(image(run(FIRST + 100, 50), run(FIRST + 200, SECTOR), run(FIRST + 3 * SECTOR, SECTOR)), H743);
    expect(partial.map(({ sector, beside }) => [sector.number, beside])).toEqual([
      [0, [{ address: FIRST, length: 100 }, { address: FIRST + 150, length: 50 }]],
      [1, [{ address: FIRST + SECTOR + 200, length: SECTOR - 200 }]],
    ]);
  });

  test('is asked for in blocks of 4 KiB', () => {
    expect(blocksOf([{ address: FIRST + 4000, length: 5000 }, { address: FIRST + 0x4000, length: 4096 }])).toEqual([
      { address: FIRST + 4000, length: 96 }, { address: FIRST + 4096, length: 4096 }, { address: FIRST + 8192, length: 808 }, { address: FIRST + 0x4000, length: 4096 },
    ]);
  });

  test('is what is filled of it, without the flash words that are blank', () => {
    const bytes = new Uint8Array(200).fill(0xff);
    bytes[3] = 1;
    bytes[100] = 2;
    bytes[131] = 3;
    const runs = filledRuns([{ address: FIRST + 1, bytes }]);
    expect(runs.map(({ address, bytes: { length } }) => [address - FIRST, length])).toEqual([[1, 31], [96, 64]]);
    expect(filledRuns([{ address: FIRST, bytes: bytes.fill(0xff) }])).toEqual([]);
  });

  test('outside other ranges is what lies before, between and behind them', () => {
    const covered = [{ address: 0, length: 50 }, { address: 90, length: 20 }, { address: 150, length: 10 }, { address: 195, length: 100 }];
    expect(outside([{ address: 100, length: 100 }, { address: 300, length: 8 }], covered)).toEqual([{ address: 110, length: 40 }, { address: 160, length: 35 }, { address: 300, length: 8 }]);
    expect(outside([{ address: 10, length: 20 }], covered)).toEqual([]);
  });

  test('within ranges is cut at their borders', () => {
    const segment = run(FIRST, 100);
    expect(within([{ address: FIRST + 90, length: 100 }, { address: FIRST + 10, length: 5 }], [segment])).toEqual([
      { address: FIRST + 90, bytes: segment.bytes.subarray(90) }, { address: FIRST + 10, bytes: segment.bytes.subarray(10, 15) },
    ]);
  });
});

describe('a plan with rests', () => {
  const wanted = image(run(FIRST + 1000, 500), run(FIRST + SECTOR, 100));
  const beside = run(FIRST, 1000, 9);

  test('writes them with the image, in the flash words that both share too', () => {
    const plan = buildPlan(wanted, H743, { sectorDigests: undefined, rests: new Map([[0, known(beside)]]) });
    const [first] = plan.sectors;
    expect(first!.content!.subarray(0, 1000)).toEqual(beside.bytes);
    expect(first!.content!.subarray(1000, 1500)).toEqual(wanted.segments[0]!.bytes);
    expect(first).toMatchObject({ keptBytes: 1000, uncoveredBytes: SECTOR - 500, isWritten: true });
    expect(plan.sectors[1]!.keptBytes).toBeUndefined();
  });

  test('leaves a sector alone that holds the image’s bytes, whatever is beside them; where something else is written, its digest is proven all the same', () => {
    const inPlace: SectorRest = { kind: 'in place' };
    const plan = buildPlan(wanted, H743, { sectorDigests: [undefined, 0x1234], rests: new Map([[1, inPlace]]) });
    expect(plan.erases.map(({ number }) => number)).toEqual([0]);
    expect(plan.sectors[1]).toMatchObject({ content: undefined, digest: 0x1234, isWritten: false });
    expect(buildPlan(wanted, H743, { sectorDigests: [7, 8], rests: new Map([[0, inPlace], [1, inPlace]]) }).erases).toEqual([]);
  });

  test('wants to know the whole of the sector that goes first', () => {
    const inPlace: SectorRest = { kind: 'in place' };
    const options = { sectorDigests: [5, undefined], rests: new Map([[0, inPlace]]) };
    expect(vectorSectorOf(wanted, H743, options)).toMatchObject({ sector: { number: 0 }, content: undefined });
    expect(() => buildPlan(wanted, H743, options)).toThrow(/0x08000000/);
    expect(vectorSectorOf(wanted, H743, { sectorDigests: [5, 6], rests: new Map([[0, inPlace], [1, inPlace]]) })).toBeUndefined();
  });

  test('keeps the flash word for the end where a reset starts, whoever’s it is', () => {
    const rests = new Map([[0, known(beside)]]);
    const last = (bootAddresses: number[], of = wanted) => buildPlan(of, H743, { sectorDigests: undefined, rests, bootAddresses }).vectorWord!.address;
    expect(last([])).toBe(FIRST + 992);
    expect(last([FIRST, 0x1ff0_0000])).toBe(FIRST);
    expect(last([0x1ff0_0000, FIRST + SECTOR])).toBe(FIRST + SECTOR);
    // Nothing is there, so nothing starts there.
    expect(last([FIRST + 0x1_0000])).toBe(FIRST + 992);
    const plan = buildPlan(wanted, H743, { sectorDigests: undefined, rests, bootAddresses: [FIRST + SECTOR] });
    expect(plan.erases[0]!.number).toBe(1);
  });

  test('finds a sector right that holds the image and its rest', () => {
    const content = new Uint8Array(SECTOR).fill(0xff);
    content.set(beside.bytes);
    content.set(wanted.segments[0]!.bytes, 1000);
    const plan = buildPlan(wanted, H743, { sectorDigests: [crc32(content)], rests: new Map([[0, known(beside)]]) });
    expect(plan.sectors[0]!.isWritten).toBe(true);
    expect(plan.kept!.sector.number).toBe(0);
  });
});
