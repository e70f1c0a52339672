import { describe, expect, test } from 'vitest';
import type { MessageValues } from '../../host/protocol/messages.js';
import { buildPlan } from '../../host/plan/build-plan.js';
import { writtenSectors, type Plan } from '../../host/plan/plan.js';
import { refuseProtected } from '../../host/plan/protection.js';
import { image, part, run } from './images.js';

type Facts = MessageValues<'facts'>;

/** Option bytes as ST ships them, but for what is given; nothing else in FACTS matters here. */
const facts = (given: { readonly rdp?: number; readonly wpsn1?: number; readonly wpsn2?: number } = {}): Facts =>
  ({ optsr: (given.rdp ?? 0xaa) << 8, wpsn1: given.wpsn1 ?? 0xffffffff, wpsn2: given.wpsn2 ?? 0xffffffff }) as Facts;

const forbids = (plan: Plan, registers: Facts): void => refuseProtected(plan.part, writtenSectors(plan).map(({ sector }) => sector), registers);

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
});
