import { describe, expect, it } from 'vitest';
import { PollSkipper } from '../../../host/board/chip/poll-skipper.js';
import { ChipBench } from './chip-bench.js';

const SR = 0x52002010;
const IWDG_KR = 0x58004800;

/** A program that reads one register every `interval` ticks; how long each read stalled it. */
function poll(skipper: PollSkipper, stalls: number[], values: readonly number[], interval = 3): void {
  for (const value of values) {
    clock.tick += interval;
    const before = stalls.length;
    skipper.afterRead(SR, value, clock.tick);
    clock.tick += stalls.slice(before).reduce((sum, ticks) => sum + ticks, 0);
  }
}

const clock = { tick: 0 };

function skipperOf(skipTicks: number, nextChange: (tick: number) => number = () => Infinity): { readonly skipper: PollSkipper; readonly stalls: number[] } {
  const stalls: number[] = [];
  clock.tick = 0;
  return { skipper: new PollSkipper({ skipTicks, nextChange, stall: (ticks) => void stalls.push(ticks) }), stalls };
}

describe('skipping a polling loop', () => {
  it('begins with the third equal value in a row', () => {
    const { skipper, stalls } = skipperOf(2048);
    poll(skipper, stalls, [1, 1]);
    expect(stalls).toEqual([]);
    poll(skipper, stalls, [1, 1]);
    expect(stalls).toEqual([2048, 2048]);
  });

  it('never goes beyond the next change', () => {
    const { skipper, stalls } = skipperOf(2048, () => 1000);
    poll(skipper, stalls, [1, 1, 1, 1, 1]);
    expect(clock.tick).toBeGreaterThanOrEqual(1000);
    expect(stalls).toEqual([991]);
  });

  it('starts again after another value, and after a store', () => {
    const { skipper, stalls } = skipperOf(2048);
    poll(skipper, stalls, [1, 1, 2, 2]);
    expect(stalls).toEqual([]);
    skipper.afterWrite();
    poll(skipper, stalls, [2, 2]);
    expect(stalls).toEqual([]);
    poll(skipper, stalls, [2]);
    expect(stalls).toEqual([2048]);
  });

  it('leaves a program alone that does something else between its reads', () => {
    const { skipper, stalls } = skipperOf(2048);
    poll(skipper, stalls, [1, 1, 1, 1, 1, 1], 3000);
    expect(stalls).toEqual([]);
  });

  it('passes once a turn where a loop reads two registers', () => {
    const { skipper, stalls } = skipperOf(2048);
    for (let turn = 0; turn < 6; turn++) {
      for (const [address, value] of [[SR, 7], [SR + 0x100, 9]] as const) {
        clock.tick += 50;
        const before = stalls.length;
        skipper.afterRead(address, value, clock.tick);
        if (stalls.length > before) clock.tick += stalls.at(-1)!;
      }
    }
    expect(stalls).toEqual([2048, 2048, 2048, 2048]);
  });

  it('passes at the other register when the one where it passed changes', () => {
    const { skipper, stalls } = skipperOf(2048);
    for (let turn = 0; turn < 6; turn++) {
      for (const [address, value] of [[SR, turn < 3 ? 7 : turn], [SR + 0x100, 9]] as const) {
        clock.tick += 50;
        const before = stalls.length;
        skipper.afterRead(address, value, clock.tick);
        if (stalls.length > before) clock.tick += stalls.at(-1)!;
      }
    }
    expect(stalls).toHaveLength(4);
  });

  it('passes at the next turn when the register where it passed is read no more', () => {
    const { skipper, stalls } = skipperOf(2048);
    const turn = (...addresses: readonly number[]): number => {
      const before = stalls.length;
      for (const address of addresses) skipper.afterRead(address, 7, (clock.tick += 50));
      return stalls.length - before;
    };
    expect([1, 2, 3].map(() => turn(SR, SR + 0x100))).toEqual([0, 0, 1]);
    expect([1, 2, 3].map(() => turn(SR + 0x100))).toEqual([1, 1, 1]);
  });

  it('goes on when the loop feeds its watchdog, and starts again after a store to anything else', () => {
    const bench = new ChipBench({ pollSkipTicks: 2048 });
    const waitedTicks = (address: number, value: number): number => {
      const before = bench.tick;
      for (let turn = 0; turn < 4; turn++) {
        bench.read(SR);
        bench.write(address, value);
      }
      return bench.tick - before - 8;
    };
    expect(waitedTicks(SR - 0x10, 0)).toBe(0);
    expect(waitedTicks(IWDG_KR, 0xaaaa)).toBe(2 * 2048);
  });

  it('is off with 0', () => {
    const { skipper, stalls } = skipperOf(0);
    poll(skipper, stalls, [1, 1, 1, 1]);
    expect(stalls).toEqual([]);
  });
});
