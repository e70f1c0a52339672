/** Code that changes after it was translated: by the core's own stores, by DMA, by the board. */
import { expect, test } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { BareCore, CODE, DATA, STACK, halfwords } from './bare-core.js';
import { BKPT, BX_LR, NE, adds, branchBack, constant, movs, strb, strh, subs } from './thumb.js';

const SUBROUTINE = 0x20005000;
const BLX_R7 = 0x47b8;

test('a store into translated code is seen at the next call', () => {
  const core = new BareCore();
  core.place(halfwords(adds(0, 1), BX_LR), SUBROUTINE);
  core.load(halfwords(...constant(7, SUBROUTINE | 1), ...constant(1, SUBROUTINE), ...constant(2, adds(0, 100)), movs(0, 0), BLX_R7, strh(2, 1), BLX_R7, BKPT));
  core.finish();
  expect(core.cpu.r[0]).toBe(101);
});

test('a store into the running block is seen by the very next instruction', () => {
  const core = new BareCore();
  const target = CODE + 20;
  core.load(halfwords(...constant(1, target), ...constant(2, adds(0, 100)), movs(0, 0), strh(2, 1), adds(0, 1), BKPT));
  core.finish();
  expect(core.cpu.r[0]).toBe(100);
});

test('a loop that rewrites its own constant each round counts right', () => {
  const core = new BareCore();
  // adds r0, #n at `target`; n is stored anew, rising, before it runs.
  const target = CODE + 14;
  core.load(halfwords(...constant(1, target), movs(0, 0), movs(3, 10), strb(3, 1), adds(0, 0), subs(3, 1), branchBack(NE, 3), BKPT));
  core.finish();
  expect(core.cpu.r[0]).toBe(55);
});

test('memory that somebody else changed runs anew after invalidate, whatever part of the code it hits', () => {
  const core = new BareCore();
  core.load(halfwords(...new Array<number>(40).fill(adds(0, 1)), BKPT));
  core.cpu.r[0] = 0;
  core.finish();
  core.dtcm.bytes.set(halfwords(adds(0, 3)), (CODE & 0xffff) + 78);
  core.cpu.invalidate(CODE + 79, 1);
  core.cpu.start(STACK, CODE | 1, 0);
  core.finish();
  expect(core.cpu.r[0]).toBe(40 + 42);
});

test('data beside code in one block of memory does not disturb it, and keeps its values', () => {
  const core = new BareCore();
  const data = CODE + 64;
  core.load(halfwords(...constant(1, data), movs(3, 200), strb(3, 1), subs(3, 1), branchBack(NE, 2), BKPT));
  core.finish();
  expect(core.dtcm.bytes[(data & 0xffff)]).toBe(1);
});

test('an instruction that straddles two pages runs, and changes with either half', () => {
  const core = new BareCore();
  const start = DATA + 0xfffe;
  const run = (): number => {
    core.cpu.start(STACK, start | 1, 0);
    core.finish();
    return core.cpu.r[0]!;
  };
  // movw r0, #0x11 across the seam, then bkpt
  core.place(halfwords(0xf240, 0x0011, BKPT), start);
  expect(run()).toBe(0x11);
  core.axi.bytes.set(halfwords(0x0022), 0x10000);
  core.cpu.invalidate(DATA + 0x10000, 2);
  expect(run()).toBe(0x22);
  core.axi.bytes.set(halfwords(0xf641), 0xfffe);
  core.cpu.invalidate(DATA + 0xfffe, 2);
  expect(run()).toBe(0x1822);
});

test('an IT block that a page end cuts keeps its conditions', () => {
  const core = new BareCore();
  const start = DATA + 0xfffa;
  // cmp r7, r7; itte eq | adds, adds, adds
  core.place(halfwords(0x42bf, 0xbf06, adds(0, 1), adds(1, 1), adds(2, 1), adds(3, 1), BKPT), start);
  core.cpu.start(STACK, start | 1, 0);
  core.cpu.r.set([0, 0, 0, 0], 0);
  core.finish();
  expect([...core.cpu.r.subarray(0, 4)]).toEqual([1, 1, 0, 1]);
});

test('random patches of a straight line of code always run as patched', () => {
  const random = new Random(7);
  const core = new BareCore();
  const addends = Array.from({ length: 200 }, () => random.below(200));
  core.load(halfwords(...addends.map((addend) => adds(0, addend)), BKPT));
  for (let round = 0; round < 100; round++) {
    const at = random.below(addends.length);
    addends[at] = random.below(200);
    core.dtcm.bytes.set(halfwords(adds(0, addends[at]!)), (CODE & 0xffff) + at * 2);
    core.cpu.invalidate(CODE + at * 2, 2);
    // Enter anywhere, so that blocks overlap.
    const from = random.below(addends.length);
    core.cpu.start(STACK, (CODE + from * 2) | 1, 0);
    core.cpu.r[0] = 0;
    core.finish();
    expect(core.cpu.r[0]).toBe(addends.slice(from).reduce((sum, addend) => sum + addend, 0));
  }
});
