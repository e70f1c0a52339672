/** Exception entry and return as a handler sees them, escalation, lockup. */
import { expect, test } from 'vitest';
import { BareCore, CODE, DATA, STACK, halfwords } from '../bare-core.js';
import { BKPT, BX_LR, CPSID_F, SVC, UDF, WFI, bx, constant, ldr, movs, str } from '../thumb.js';

const HANDLER = 0x20008000;
const CFSR = 0xe000ed28;
const SHCSR = 0xe000ed24;
const NOWHERE = 0xd0000000;

/** R1 = CFSR, R2 = HFSR behind it, then BKPT; R0 is lost. */
const READ_STATUS = halfwords(...constant(0, CFSR), ldr(1, 0), ldr(2, 0, 4), BKPT);

interface Fault {
  readonly cfsr: number;
  readonly hfsr: number;
  readonly ipsr: number;
  /** R0-R3, R12, LR, PC, xPSR as stacked. */
  readonly frame: readonly number[];
}

/** Runs code into a fault whose handler reads the status. */
function faultOf(code: readonly number[], prepare: (core: BareCore) => void = () => undefined): Fault {
  const core = new BareCore();
  core.handle(READ_STATUS, HANDLER);
  core.load(halfwords(...code));
  prepare(core);
  core.finish();
  const { r } = core.cpu;
  return { cfsr: r[1]! >>> 0, hfsr: r[2]! >>> 0, ipsr: r[23]!, frame: Array.from({ length: 8 }, (_, at) => core.word(r[13]! + at * 4)) };
}

const ENABLE_FAULTS = [...constant(0, SHCSR), ...constant(1, 7 << 16), str(1, 0)];

test('a fault stacks the state of the faulting instruction and enters HardFault with the EXC_RETURN of its origin', () => {
  const core = new BareCore();
  core.handle(READ_STATUS, HANDLER);
  core.load(halfwords(...constant(3, NOWHERE), movs(2, 7), ldr(5, 3)));
  core.cpu.r.set([0x10, 0x11]);
  core.cpu.r[12] = 0x12;
  core.cpu.r[14] = 0x1401;
  core.finish();
  const { r } = core.cpu;
  expect(r[13]).toBe(STACK - 32);
  const frame = Array.from({ length: 8 }, (_, at) => core.word(STACK - 32 + at * 4));
  expect(frame).toEqual([0x10, 0x11, 7, NOWHERE, 0x12, 0x1401, CODE + 10, 0x01000000]);
  expect(r[14]! >>> 0).toBe(0xfffffff9);
  expect([r[1]! >>> 0, r[2]! >>> 0]).toEqual([0x8200, 0x40000000]);
});

test('a stack pointer off the 8-byte boundary is aligned on entry and restored on return', () => {
  const core = new BareCore();
  core.handle(halfwords(movs(0, 9), BX_LR), HANDLER);
  core.load(halfwords(SVC, BKPT));
  core.cpu.r[13] = STACK - 4;
  core.cpu.r[0] = 5;
  core.finish();
  expect(core.word(STACK - 40 + 28) & 0x200).toBe(0x200);
  expect([core.cpu.r[13], core.cpu.r[0], core.cpu.halted?.pc]).toEqual([STACK - 4, 5, CODE + 2]);
});

test.each([
  ['an undefined instruction', [UDF], 0x10000],
  ['a coprocessor instruction without a coprocessor', [0xee00, 0x0a10], 0x80000],
  ['a load from nowhere', [...constant(0, NOWHERE), ldr(0, 0)], 0x8200],
  ['a jump into device space', [...constant(0, 0x40000001), bx(0)], 0x1],
  ['a jump to nowhere', [...constant(0, 0x70000001), bx(0)], 0x100],
  ['a jump without the Thumb bit', [...constant(0, CODE), bx(0)], 0x20000],
  ['an EXC_RETURN that does not match the frame', [...constant(14, 0xfffffff1), SVC], 0x40000],
  ['an unaligned load multiple', [...constant(0, DATA + 2), 0xc806], 0x1000000],
] as const)('%s leaves its cause in CFSR and, not enabled, is a forced HardFault', (name, code, cfsr) => {
  const prepare = (core: BareCore): void => {
    // Only the SVC handler returns with what it finds in R12.
    if (name.startsWith('an EXC_RETURN')) core.handle(halfwords(...constant(0, 0xfffffff1), bx(0)), DATA, 11, 11);
  };
  const fault = faultOf(code, prepare);
  expect(fault.cfsr).toBe(cfsr);
  expect(fault.hfsr).toBe(0x40000000);
  expect(fault.ipsr).toBe(3);
});

test.each([
  ['usage fault', [UDF], 6],
  ['bus fault', [...constant(0, NOWHERE), ldr(0, 0)], 5],
  ['memory management fault', [...constant(0, 0x40000001), bx(0)], 4],
] as const)('an enabled %s goes to its own handler without touching HFSR', (_name, code, exception) => {
  const fault = faultOf([...ENABLE_FAULTS, ...code]);
  expect(fault.ipsr).toBe(exception);
  expect(fault.hfsr).toBe(0);
});

test('an enabled fault under PRIMASK escalates: its priority does not reach', () => {
  const CPSID_I = 0xb672;
  const fault = faultOf([...ENABLE_FAULTS, CPSID_I, UDF]);
  expect([fault.ipsr, fault.hfsr]).toEqual([3, 0x40000000]);
});

test('a fault in the HardFault handler locks the core up where it happened', () => {
  const core = new BareCore();
  core.handle(halfwords(0xbf00, UDF), HANDLER);
  core.load(halfwords(UDF));
  core.cpu.run(1000);
  expect(core.cpu.halted).toEqual({ reason: 'lockup', pc: HANDLER + 2 });
  expect(core.cpu.tick).toBe(1000);
});

test('a fault under FAULTMASK locks up', () => {
  const core = new BareCore();
  core.load(halfwords(CPSID_F, UDF));
  core.cpu.run(1000);
  expect(core.cpu.halted).toEqual({ reason: 'lockup', pc: CODE + 2 });
});

test('a vector table that cannot be read locks up with HFSR.VECTTBL', () => {
  const core = new BareCore();
  core.itcm.readable = false;
  core.cpu.regionsChanged();
  core.load(halfwords(UDF));
  core.cpu.run(1000);
  expect(core.cpu.halted?.reason).toBe('lockup');
  expect(core.cpu.status()).toContain('HFSR 0x40000002');
});

test('a stack in nowhere still reaches the HardFault handler, with STKERR', () => {
  const core = new BareCore();
  core.handle(READ_STATUS, HANDLER);
  core.load(halfwords(UDF));
  core.cpu.r[13] = NOWHERE;
  core.finish();
  expect(core.cpu.r[1]! >>> 0).toBe(0x11000);
  expect(core.cpu.r[13]! >>> 0).toBe(NOWHERE - 32);
});

test('SVC returns behind itself, inside an IT block to the conditions that were left', () => {
  const core = new BareCore();
  core.handle(halfwords(movs(0, 1), 0x2800, BX_LR), HANDLER);
  // cmp r7, r7; itte eq: svc, movs r4, movs r5 (ne)
  core.load(halfwords(0x42bf, 0xbf06, SVC, movs(4, 4), movs(5, 5), movs(6, 6), BKPT));
  core.cpu.r.set([0, 0, 0, 0, 0, 0, 0], 0);
  core.finish();
  expect([...core.cpu.r.subarray(4, 7)]).toEqual([4, 0, 6]);
  expect(core.cpu.r[22]).toBe(0);
});

test('a faulting instruction inside an IT block is repeated under its own condition', () => {
  const core = new BareCore();
  // The handler makes the loaded address valid: stacked R0 = DATA.
  core.handle(halfwords(...constant(0, DATA), 0x9000, BX_LR), HANDLER);
  core.place(halfwords(0x1234), DATA);
  // cmp r7, r7; itet eq: ldr r1, [r0]; movs r2 (ne); movs r3
  core.load(halfwords(0x42bf, 0xbf0a, ldr(1, 0), movs(2, 2), movs(3, 3), BKPT));
  core.cpu.r.set([NOWHERE, 0, 0, 0], 0);
  core.finish();
  expect([...core.cpu.r.subarray(1, 4)]).toEqual([0x1234, 0, 3]);
});

test('thread mode on the process stack stacks there, and the handler runs on the main stack', () => {
  const core = new BareCore();
  core.handle(READ_STATUS, HANDLER);
  const processStack = DATA + 0x1000;
  // msr psp, r0; movs r1, #2; msr control, r1
  core.load(halfwords(...constant(0, processStack), 0xf380, 0x8809, movs(1, 2), 0xf381, 0x8814, UDF));
  core.finish();
  expect(core.cpu.r[13]).toBe(STACK);
  expect(core.cpu.r[14]! >>> 0).toBe(0xfffffffd);
  expect(core.word(processStack - 8)).toBe(CODE + 18);
});

test('FAULTMASK with BFHFNMIGN reads on through bus errors: zero comes back, BFAR tells', () => {
  const core = new BareCore();
  const CCR = 0xe000ed14;
  core.load(halfwords(...constant(0, CCR), ...constant(1, 0x100), str(1, 0), CPSID_F, ...constant(2, NOWHERE), movs(3, 5), ldr(3, 2), ldr(4, 0, 0x14), BKPT));
  core.finish();
  expect(core.cpu.halted?.reason).toBe('breakpoint');
  expect([core.cpu.r[3], core.cpu.r[4]! >>> 0]).toEqual([0, 0x8200]);
});

test('BFHFNMIGN does nothing at an ordinary priority', () => {
  const fault = faultOf([...constant(0, 0xe000ed14), ...constant(1, 0x100), str(1, 0), ...constant(0, NOWHERE), ldr(0, 0)]);
  expect(fault.cfsr).toBe(0x8200);
});

test('division by zero gives zero, or faults when CCR.DIV_0_TRP asks for it', () => {
  const UDIV = [0xfbb1, 0xf2f3];
  const core = new BareCore();
  core.load(halfwords(movs(1, 8), movs(3, 0), ...UDIV, BKPT));
  core.finish();
  expect(core.cpu.r[2]).toBe(0);
  expect(faultOf([...constant(0, 0xe000ed14), movs(1, 0x10), str(1, 0), movs(3, 0), ...UDIV]).cfsr).toBe(0x2000000);
});

test('unprivileged code may neither touch core registers nor unmask itself', () => {
  const UNPRIVILEGED = [movs(1, 1), 0xf381, 0x8814];
  const fault = faultOf([...UNPRIVILEGED, CPSID_F, ...constant(0, SHCSR), str(1, 0)]);
  expect([fault.ipsr, fault.cfsr]).toEqual([3, 0x8200]);
});

test('WFI in a handler still halts', () => {
  const core = new BareCore();
  core.handle(halfwords(WFI), HANDLER);
  core.load(halfwords(SVC));
  core.cpu.run(100);
  expect(core.cpu.halted).toEqual({ reason: 'wfi', pc: HANDLER });
});
