/** The run loop: time, slices, halts, and what the board may ask of the core. */
import { expect, test } from 'vitest';
import type { Cpu } from '../../../host/board/cpu/cpu.js';
import { BareCore, CODE, DATA, DEVICE, STACK, halfwords } from './bare-core.js';
import { ALWAYS, BKPT, B_SELF, NE, NOP, WFI, adds, branchBack, branchOver, cmp, constant, ldr, movs, str, subs } from './thumb.js';

/** Forty rounds of device traffic, memory traffic and flags, with a loop inside and a branch over something. */
const PROGRAM = halfwords(
  ...constant(0, DEVICE),
  ...constant(1, DATA),
  movs(2, 40),
  // round:
  ldr(3, 0), // the device
  adds(3, 1),
  cmp(2, 20),
  branchOver(NE),
  str(3, 0, 4),
  str(3, 1, 4),
  movs(4, 7),
  // inner:
  adds(3, 3),
  str(3, 0, 8),
  subs(4, 1),
  branchBack(NE, 3),
  adds(1, 4),
  subs(2, 1),
  branchBack(NE, 13),
  BKPT,
);

function runSliced(sliceTicks: number): unknown {
  const core = new BareCore();
  core.load(PROGRAM);
  core.finish(sliceTicks);
  return { r: [...core.cpu.r.subarray(0, 31)], events: core.events, memory: Buffer.from(core.axi.bytes).toString('base64').slice(0, 1000) };
}

test('registers, memory and the tick of every access are the same for every way of slicing', () => {
  const whole = runSliced(1e9);
  for (const sliceTicks of [1, 7, 77, 333, 1000]) expect(runSliced(sliceTicks)).toEqual(whole);
});

test('an access happens at the tick of its instruction: one tick each, skipped instructions included', () => {
  const core = new BareCore();
  // movs sets Z; itt ne skips two; the store is the tenth instruction.
  core.load(halfwords(...constant(0, DEVICE), NOP, NOP, movs(1, 0), 0xbf1c, NOP, NOP, NOP, str(1, 0), BKPT));
  core.finish();
  expect(core.events).toEqual([{ access: 'write', address: DEVICE, size: 4, value: 0, tick: 9 }]);
});

test('run overshoots by one block at most', () => {
  const core = new BareCore();
  core.load(halfwords(...new Array<number>(200).fill(NOP), B_SELF));
  core.cpu.run(10);
  expect(core.cpu.tick).toBe(128);
  core.cpu.run(1_000_000);
  expect(core.cpu.tick).toBe(1_000_000);
});

test('WFI with nothing to wake for halts, and time passes without instructions', () => {
  const core = new BareCore();
  core.load(halfwords(NOP, WFI, NOP));
  core.cpu.run(5000);
  expect(core.cpu.halted).toEqual({ reason: 'wfi', pc: CODE + 2 });
  expect(core.cpu.tick).toBe(5000);
  core.cpu.run(6000);
  expect(core.cpu.tick).toBe(6000);
});

test('BKPT halts in front of itself', () => {
  const core = new BareCore();
  core.load(halfwords(movs(0, 1), BKPT, movs(0, 2)));
  core.finish();
  expect(core.cpu.halted).toEqual({ reason: 'breakpoint', pc: CODE + 2 });
  expect([core.cpu.r[0], core.cpu.r[15]]).toEqual([1, CODE + 2]);
});

test('start clears a halt, begins in thread mode and leaves the other registers as they are', () => {
  const core = new BareCore();
  core.load(halfwords(WFI));
  core.cpu.r.set([11, 22, 33]);
  core.finish();
  core.place(halfwords(BKPT), DATA);
  core.cpu.start(STACK + 0x107, DATA | 1, 123);
  expect(core.cpu.halted).toBeUndefined();
  core.cpu.run(124);
  expect(core.cpu.halted).toEqual({ reason: 'breakpoint', pc: DATA });
  expect([...core.cpu.r.subarray(0, 3), core.cpu.r[13]]).toEqual([11, 22, 33, STACK + 0x104]);
});

/** Three device writes in one block; the board answers the first. */
function withAnswer(answer: (cpu: Cpu) => void): BareCore {
  const core: BareCore = new BareCore({
    write: (address) => {
      if (address === DEVICE) answer(core.cpu);
    },
  });
  core.load(halfwords(...constant(0, DEVICE), str(1, 0), str(1, 0, 4), str(1, 0, 8), B_SELF));
  return core;
}

test('a stall from within an access moves everything behind it, in the same block too', () => {
  const core = withAnswer((cpu) => cpu.stall(1000));
  core.cpu.run(2000);
  expect(core.events.map(({ tick }) => tick)).toEqual([2, 1003, 1004]);
});

test('a fractional stall is rounded up to whole ticks', () => {
  const core = withAnswer((cpu) => cpu.stall(0.25));
  core.cpu.run(100);
  expect(core.events.map(({ tick }) => tick)).toEqual([2, 4, 5]);
});

test('yieldSoon ends the slice behind the storing instruction', () => {
  const core = withAnswer((cpu) => cpu.yieldSoon());
  core.cpu.run(2000);
  expect(core.cpu.tick).toBe(3);
  core.cpu.run(2000);
  expect(core.events).toHaveLength(3);
});

test('yieldSoon out of a polling loop that never ends by itself comes through', () => {
  const core: BareCore = new BareCore({
    read: (_address, _size, tick) => {
      if (tick > 500) core.cpu.yieldSoon();
      return 0;
    },
  });
  core.load(halfwords(...constant(0, DEVICE), ldr(1, 0), branchBack(ALWAYS, 1)));
  core.cpu.run(1e12);
  expect(core.cpu.tick).toBeLessThan(510);
});

test('stop from within a write takes effect before the next instruction', () => {
  const core = withAnswer((cpu) => cpu.stop());
  core.cpu.run(2000);
  expect(core.events).toHaveLength(1);
  expect(core.cpu.halted?.reason).toBe('stopped');
});

test('SYSRESETREQ with the key asks for a reset at once; without the key it does not', () => {
  const requests: number[] = [];
  const core = new BareCore();
  core.cpu.onResetRequest = () => {
    requests.push(core.cpu.r[15]!);
    core.cpu.stop();
  };
  core.load(halfwords(...constant(0, 0xe000ed0c), ...constant(1, 0x12340004), ...constant(2, 0x05fa0004), str(1, 0), str(2, 0), str(3, 0)));
  core.cpu.run(100);
  expect(requests).toEqual([CODE + 26]);
  expect(core.cpu.r[15]).toBe(CODE + 28);
});

test('an error out of the board leaves PC and tick at the access', () => {
  const core: BareCore = new BareCore({
    write: (address) => {
      if (address === DEVICE + 4) throw new Error('the board objects');
    },
  });
  core.load(halfwords(...constant(0, DEVICE), str(1, 0), str(1, 0, 4), B_SELF));
  expect(() => core.cpu.run(100)).toThrow('the board objects');
  expect([core.cpu.r[15], core.cpu.tick]).toEqual([CODE + 10, 3]);
});

test('status names registers and the causes of a fault', () => {
  const core = new BareCore();
  core.handle(halfwords(BKPT), DATA);
  core.load(halfwords(...constant(0, 0xd0000000), ldr(1, 0)));
  core.finish();
  expect(core.cpu.status()).toMatch(/^R0 0xD0000000 .* PC 0x\w{8} xPSR 0x\w{8} tick \d+ faults PRECISERR BFARVALID HFSR 0x40000000 BFAR 0xD0000000$/);
});
