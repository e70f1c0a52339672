import { describe, expect, test } from 'vitest';
import type { MessageValues } from '../../host/protocol/messages.js';
import { buildPlan } from '../../host/plan/build-plan.js';
import { writtenSectors, type Plan } from '../../host/plan/plan.js';
import { refuseAreas, refuseProtected } from '../../host/plan/protection.js';
import { image, part, run } from './images.js';

type Facts = MessageValues<'facts'>;

/** Option bytes as ST ships them, but for what is given; nothing else in FACTS matters here. */
const NO_AREA = 0xff;
const facts = (given: Partial<Facts> & { readonly rdp?: number } = {}): Facts =>
  ({ optsr: (given.rdp ?? 0xaa) << 8, wpsn1: 0xffffffff, wpsn2: 0xffffffff, prar1: NO_AREA, prar2: NO_AREA, scar1: NO_AREA, scar2: NO_AREA, ...given }) as Facts;

const forbids = (plan: Plan, registers: Facts): void => {
  const sectors = writtenSectors(plan).map(({ sector }) => sector);
  refuseAreas(plan.part, sectors, registers);
  refuseProtected(plan.part, sectors, registers);
};

const H743 = part('STM32H743xI');
const bothBanks = buildPlan(image(run(0x0800_0000, 0x20001), run(0x0810_0000, 64)), H743, { sectorDigests: undefined });

describe('option bytes', () => {
  test('as ST ships them forbid nothing', () => {
    expect(() => forbids(bothBanks, facts())).not.toThrow();
  });

  test.each([0x00, 0x55, 0xcc, 0xab])('with RDP byte %i forbid everything', (rdp) => {
    expect(() => forbids(bothBanks, facts({ rdp }))).toThrow(
      expect.objectContaining({ kind: 'refused', message: expect.stringContaining(`0x${rdp.toString(16)}`) as string, hint: expect.stringContaining('erases everything') as string }),
    );
  });

  test.each([
    [{ wpsn1: ~1 }, 'the sector at 0x08000000'],
    [{ wpsn1: ~2 }, 'the sector at 0x08020000'],
    [{ wpsn2: ~1 }, 'the sector at 0x08100000'],
    [{ wpsn1: 0, wpsn2: 0 }, 'the sectors at 0x08000000, 0x08020000, 0x08100000'],
  ])('with %o forbid %s', (protection, where) => {
    expect(() => forbids(bothBanks, facts(protection))).toThrow(
      expect.objectContaining({ kind: 'refused', message: `write-protected: ${where}`, hint: expect.stringContaining('WPSN') as string }),
    );
  });

  test('that protect sectors beside the image do not matter', () => {
    expect(() => forbids(bothBanks, facts({ wpsn1: 0b11, wpsn2: 0b1 }))).not.toThrow();
  });

  test('that protect a sector that is right already do not matter', () => {
    const wanted = image(run(0x0800_0000, 64));
    const right = buildPlan(wanted, H743, { sectorDigests: undefined }).sectors.map(({ digest }) => digest);
    expect(() => forbids(buildPlan(wanted, H743, { sectorDigests: right }), facts({ wpsn1: 0 }))).not.toThrow();
  });

  test('of H7A protect four sectors with each bit', () => {
    const sector7 = buildPlan(image(run(0x0800_0000 + 7 * 0x2000, 64)), part('STM32H7A3xI'), { sectorDigests: undefined });
    expect(() => forbids(sector7, facts({ wpsn1: ~2 }))).toThrow('0x0800E000');
    expect(() => forbids(sector7, facts({ wpsn1: 2 }))).not.toThrow();
  });

  test('of a part with one bank say nothing about a second', () => {
    const oneBank = buildPlan(image(run(0x0800_0000, 64)), part('STM32H723xG'), { sectorDigests: undefined });
    expect(() => forbids(oneBank, facts({ wpsn2: 0 }))).not.toThrow();
  });

  test.each([
    [{ prar1: 0x00010000 }, 'an execute-only area (PCROP) at 0x08000000-0x080001FF lies in the sector at 0x08000000', 'DMEP'],
    // Blocks of 256 bytes: the last one of sector 0 and the first of sector 1.
    [{ prar1: 0x020001ff }, 'an execute-only area (PCROP) at 0x0801FF00-0x080200FF lies in the sectors at 0x08000000, 0x08020000', 'level 1 to 0'],
    [{ scar2: 0x00030002 }, 'a secure area at 0x08100200-0x081003FF lies in the sector at 0x08100000', 'DMES'],
    [{ scar1: 0x01230123 }, 'a secure area at 0x08000000-0x080FFFFF lies in the sectors at 0x08000000, 0x08020000', 'DMES'],
  ])('with %o forbid: %s', (areas, message, hint) => {
    expect(() => forbids(bothBanks, facts(areas))).toThrow(expect.objectContaining({ kind: 'refused', message, hint: expect.stringContaining(hint) as string }));
  });

  test('with areas beside the sectors that are erased forbid nothing', () => {
    expect(() => forbids(bothBanks, facts({ prar1: 0x0fff0400, scar1: 0x04010400, prar2: 0x0fff0200 }))).not.toThrow();
  });
});
