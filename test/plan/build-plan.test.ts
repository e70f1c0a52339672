import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { hex32 } from '../../host/errors.js';
import type { Image } from '../../host/image/image.js';
import { buildPlan } from '../../host/plan/build-plan.js';
import { programmedBytes, writtenSectors, type Plan } from '../../host/plan/plan.js';
import { image, part, run } from './images.js';

const H743 = part('STM32H743xI');
const H743G = part('STM32H743xG');
const H7A3 = part('STM32H7A3xI');
const ERASED_SECTOR = zlibCrc32(new Uint8Array(128 * 1024).fill(0xff));

const planOf = (wanted: Image, sectorDigests?: readonly number[], of = H743): Plan => buildPlan(wanted, of, { sectorDigests });
const erasesOf = (plan: Plan): string[] => plan.erases.map(({ base }) => hex32(base));
const runsOf = (plan: Plan): string[] => [...plan.writes, ...(plan.vectorWord ? [plan.vectorWord] : [])].map(({ address, bytes }) => `${hex32(address)}+${bytes.length}`);

/** Digests of a board whose sectors hold what this plan wants, but for those at `wrong`. */
function digestsOf(plan: Plan, ...wrong: readonly number[]): number[] {
  const digests = Array.from({ length: 16 }, () => ERASED_SECTOR);
  for (const { sector, digest } of plan.sectors) digests[sector.number] = wrong.includes(sector.base) ? digest ^ 1 : digest;
  return digests;
}

describe('layout:', () => {
  test('one short segment at the beginning: its sector, and the vector’s flash word last', () => {
    const plan = planOf(image(run(0x0800_0000, 100)));
    expect(erasesOf(plan)).toEqual(['0x08000000']);
    expect(runsOf(plan)).toEqual(['0x08000020+96', '0x08000000+32']);
    expect(plan.sectors.map(({ uncoveredBytes }) => uncoveredBytes)).toEqual([128 * 1024 - 100]);
  });

  test('two segments share a flash word: it is written once, with both and 0xFF between', () => {
    const plan = planOf(image(run(0x0800_0000, 40), run(0x0800_0030, 8)));
    expect(runsOf(plan)).toEqual(['0x08000020+32', '0x08000000+32']);
    const [shared] = plan.writes;
    expect(Array.from(shared!.bytes.subarray(8, 16))).toEqual(Array<number>(8).fill(0xff));
    expect(Buffer.compare(shared!.bytes.subarray(16, 24), run(0x0800_0030, 8).bytes)).toBe(0);
    expect(Array.from(shared!.bytes.subarray(24))).toEqual(Array<number>(8).fill(0xff));
  });

  test('two segments share a sector: it is erased once, and the gap between them is not programmed', () => {
    const plan = planOf(image(run(0x0800_0000, 64), run(0x0801_0000, 64)));
    expect(erasesOf(plan)).toEqual(['0x08000000']);
    expect(runsOf(plan)).toEqual(['0x08000020+32', '0x08010000+64', '0x08000000+32']);
  });

  test('across both banks: the banks take turns', () => {
    const plan = planOf(image(run(0x0800_0000, 3 * 0x20000), run(0x0810_0000, 2 * 0x20000)));
    expect(erasesOf(plan)).toEqual(['0x08000000', '0x08100000', '0x08020000', '0x08120000', '0x08040000']);
  });

  test('without a gap from bank 1 into bank 2: no write crosses the border', () => {
    const plan = planOf(image(run(0x080f_ffe0, 64)));
    expect(runsOf(plan)).toEqual(['0x08100000+32', '0x080FFFE0+32']);
  });

  test('in bank 2 alone: its first flash word is the vector’s', () => {
    const plan = planOf(image(run(0x0810_0000, 64)));
    expect(plan.vectorWord?.address).toBe(0x0810_0000);
    expect(runsOf(plan)).toEqual(['0x08100020+32', '0x08100000+32']);
  });

  test('beginning inside a flash word: that whole word is the vector’s', () => {
    const plan = planOf(image(run(0x0800_0210, 64)));
    expect(plan.vectorWord?.address).toBe(0x0800_0200);
    expect(runsOf(plan)).toEqual(['0x08000220+64', '0x08000200+32']);
  });

  test('with erased flash words in it: they are left out', () => {
    const bytes = run(0, 256).bytes;
    bytes.fill(0xff, 64, 128);
    expect(runsOf(planOf(image({ address: 0x0800_0000, bytes })))).toEqual(['0x08000020+32', '0x08000080+128', '0x08000000+32']);
  });

  test('nothing but 0xFF: the sector is erased and only the vector’s word, as it is, remains', () => {
    const plan = planOf(image({ address: 0x0800_0000, bytes: new Uint8Array(1000).fill(0xff) }));
    expect(erasesOf(plan)).toEqual(['0x08000000']);
    expect(programmedBytes(plan)).toBe(32);
  });

  test('on H7A: flash words of 16 bytes, sectors of 8 KiB', () => {
    const plan = planOf(image(run(0x0800_0000, 0x2010)), undefined, H7A3);
    expect(erasesOf(plan)).toEqual(['0x08000000', '0x08002000']);
    expect(runsOf(plan)).toEqual(['0x08000010+8176', '0x08002000+16', '0x08000000+16']);
  });
});

describe('what the board holds already', () => {
  const wanted = image(run(0x0800_0000, 0x20000 + 64), run(0x0810_0000, 64));
  const everything = planOf(wanted);

  test('in every sector: nothing is done', () => {
    const plan = planOf(wanted, digestsOf(everything));
    expect(writtenSectors(plan)).toEqual([]);
    expect([plan.erases, plan.writes, plan.vectorWord?.address]).toEqual([[], [], undefined]);
    expect(plan.sectors).toHaveLength(3);
  });

  test('in all but one: that one, and the vector’s although it matches', () => {
    const plan = planOf(wanted, digestsOf(everything, 0x0810_0000));
    expect(erasesOf(plan)).toEqual(['0x08000000', '0x08100000']);
    expect(runsOf(plan).at(-1)).toBe('0x08000000+32');
    expect(writtenSectors(plan).map(({ sector }) => hex32(sector.base))).toEqual(['0x08000000', '0x08100000']);
  });

  test('in all but the vector’s: the vector’s alone', () => {
    expect(erasesOf(planOf(wanted, digestsOf(everything, 0x0800_0000)))).toEqual(['0x08000000']);
  });

  test('is told by digests of whole sectors: zlib’s CRC-32, 0xFF outside the image', () => {
    const content = new Uint8Array(128 * 1024).fill(0xff);
    content.set(run(0x0810_0000, 64).bytes);
    expect(everything.sectors.at(-1)?.digest).toBe(zlibCrc32(content));
  });
});

describe('refused:', () => {
  test.each([
    ['in the hole of a 1 MB part', H743G, run(0x0808_0000, 16), '16 bytes at 0x08080000'],
    ['running into the hole', H743G, run(0x0807_fff0, 32), '16 bytes at 0x08080000'],
    ['larger than the flash', part('STM32H723xG'), run(0x0800_0000, 0x10_0001), '1 bytes at 0x08100000'],
    ['bank 2 of a part that has none', part('STM32H723xG'), run(0x0810_0000, 64), '64 bytes at 0x08100000'],
    ['before the flash', H743, run(0x07ff_fff0, 64), '16 bytes at 0x07FFFFF0'],
  ])('an image %s', (_, on, segment, where) => {
    expect(() => planOf(image(segment), undefined, on)).toThrow(
      expect.objectContaining({ kind: 'refused', message: expect.stringContaining(where) as string, hint: expect.stringContaining('0x08000000') as string }),
    );
  });

  test('nothing that ends exactly where the flash does', () => {
    expect(erasesOf(planOf(image(run(0x0817_ffe0, 32)), undefined, H743G))).toEqual(['0x08160000']);
  });
});
