import { describe, expect, it } from 'vitest';
import { Iwdg, IWDG_OFFSETS } from '../../../host/board/chip/iwdg.js';
import { msToTicks } from '../../../host/board/time.js';
import { Violations } from '../../../host/board/violations.js';

const { KR, PR, RLR, SR, WINR } = IWDG_OFFSETS;
const START = 0xcccc;
const UNLOCK = 0x5555;
const FEED = 0xaaaa;

const watchdog = (): Iwdg => new Iwdg(new Violations());

describe('IWDG1', () => {
  it('sleeps until it is started, then expires after 4096 steps of 4 LSI cycles', () => {
    const iwdg = watchdog();
    expect(iwdg.expiryTick).toBe(Infinity);
    iwdg.write(KR, 4, START, 1000);
    expect(iwdg.expiryTick).toBe(1000 + msToTicks(512));
  });

  it('feeding starts the count again', () => {
    const iwdg = watchdog();
    iwdg.write(KR, 4, START, 0);
    iwdg.write(KR, 4, FEED, msToTicks(500));
    expect(iwdg.expiryTick).toBe(msToTicks(1012));
  });

  it('the largest prescaler gives 32.768 s', () => {
    const iwdg = watchdog();
    iwdg.write(KR, 4, UNLOCK, 0);
    iwdg.write(PR, 4, 7, 0);
    iwdg.write(KR, 4, START, 0);
    expect(iwdg.expiryTick).toBe(msToTicks(32_768));
  });

  it('an update shows in SR for five LSI cycles', () => {
    const iwdg = watchdog();
    iwdg.write(KR, 4, UNLOCK, 0);
    iwdg.write(RLR, 4, 0x123, 0);
    expect(iwdg.read(RLR, 4, 0)).toBe(0x123);
    expect([iwdg.read(SR, 4, 9_999), iwdg.read(SR, 4, 10_000)]).toEqual([1 << 1, 0]);
  });

  it('any other key locks the registers again', () => {
    const violations = new Violations('all');
    const iwdg = new Iwdg(violations);
    iwdg.write(KR, 4, UNLOCK, 0);
    iwdg.write(KR, 4, FEED, 0);
    iwdg.write(RLR, 4, 1, 0);
    expect(violations.seen.map(({ name }) => name)).toEqual(['iwdg-write-while-locked']);
    expect(iwdg.read(RLR, 4, 0)).toBe(0xfff);
  });

  it('feeding before the window opens resets at once', () => {
    const iwdg = watchdog();
    iwdg.write(KR, 4, START, 0);
    iwdg.write(KR, 4, UNLOCK, 0);
    iwdg.write(WINR, 4, 0x800, 0);
    iwdg.write(KR, 4, FEED, msToTicks(300));
    expect(iwdg.expiryTick).toBe(msToTicks(812));
    iwdg.write(KR, 4, FEED, msToTicks(400));
    expect(iwdg.expiryTick).toBe(msToTicks(400));
  });
});
