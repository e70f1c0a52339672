/** Instructions that the oracle cannot judge: exclusives, special registers, hints, table branches, what is UNPREDICTABLE. */
import { expect, test } from 'vitest';
import { UnpredictableInstruction } from '../../../host/board/cpu/faults.js';
import { BareCore, CODE, DATA, STACK, halfwords } from './bare-core.js';
import { BKPT, BX_LR, CPSID_F, SVC, constant, movs } from './thumb.js';

function run(...code: number[]): BareCore {
  const core = new BareCore();
  core.load(halfwords(...code, BKPT));
  core.finish();
  return core;
}

const LDREX_R1_R0 = [0xe850, 0x1f00];
const STREX_R2_R3_R0 = [0xe840, 0x3200];
const CLREX = [0xf3bf, 0x8f2f];

test('STREX stores and says 0 after LDREX, and says 1 and stores nothing the second time', () => {
  const core = run(...constant(0, DATA), movs(3, 77), ...LDREX_R1_R0, ...STREX_R2_R3_R0, 0x4614, movs(3, 88), ...STREX_R2_R3_R0);
  expect([core.cpu.r[4], core.cpu.r[2]]).toEqual([0, 1]);
  expect(core.word(DATA)).toBe(77);
});

test.each([
  ['CLREX', CLREX],
  ['an exception', [SVC]],
])('%s takes the exclusive monitor away', (_name, code) => {
  const core = new BareCore();
  core.handle(halfwords(BX_LR), 0x20008000);
  core.load(halfwords(...constant(0, DATA), movs(3, 77), ...LDREX_R1_R0, ...code, ...STREX_R2_R3_R0, BKPT));
  core.finish();
  expect(core.cpu.r[2]).toBe(1);
  expect(core.word(DATA)).toBe(0);
});

test('byte and halfword exclusives keep to their size', () => {
  const core = run(...constant(0, DATA + 1), movs(3, 0xff), 0xe8d0, 0x1f4f, 0xe8c0, 0x3f42, ...constant(0, DATA + 2), 0xe8d0, 0x1f5f, 0xe8c0, 0x3f52);
  expect(core.word(DATA)).toBe(0x00ffff00);
});

test('masks, stack pointers and CONTROL are written by MSR and CPS and read by MRS', () => {
  const core = run(
    movs(0, 0x55), 0xf380, 0x8811, // msr basepri
    movs(0, 0x25), 0xf380, 0x8812, // msr basepri_max: lower, so it counts
    movs(0, 0x95), 0xf380, 0x8812, // and this does not
    ...constant(0, DATA + 0x103), 0xf380, 0x8809, // msr psp
    0xb672, CPSID_F, // cpsid i; cpsid f
    0xf3ef, 0x8111, 0xf3ef, 0x8209, 0xf3ef, 0x8308, 0xf3ef, 0x8410, 0xf3ef, 0x8513, 0xf3ef, 0x8614,
  );
  expect([...core.cpu.r.subarray(1, 7)]).toEqual([0x20, DATA + 0x100, STACK, 1, 1, 0]);
});

test('NOP, YIELD, WFE, SEV and barriers pass', () => {
  expect(run(0xbf00, 0xbf10, 0xbf20, 0xbf40, 0xf3af, 0x8000, 0xf3bf, 0x8f4f, 0xf3bf, 0x8f5f, 0xf3bf, 0x8f6f).cpu.tick).toBeGreaterThanOrEqual(8);
});

test.each([
  ['TBB', [0xe8df, 0xf000], [0x04, 0x03]],
  ['TBH', [0xe8df, 0xf010], [0x04, 0x00, 0x03, 0x00]],
])('%s branches forward by twice the entry', (_name, opcode, table) => {
  // movs r0, #1; tbx [pc, r0]; four bytes of table; movs r1 ...: entry 1 = 3 halfwords behind the table's start.
  const core = new BareCore();
  const entries = [...table, 0, 0, 0, 0].slice(0, 4);
  core.load(Uint8Array.from([...halfwords(movs(1, 0), movs(0, 1), ...opcode), ...entries, ...halfwords(movs(1, 1), movs(2, 2), BKPT)]));
  core.cpu.r[2] = 0;
  core.finish();
  expect([core.cpu.r[1], core.cpu.r[2]]).toEqual([0, 2]);
});

test.each([
  ['ldm r0!, {r0, r1} in the wide form', [0xe8b0, 0x0003]],
  ['a wide load of SP as a byte', [0xf890, 0xd000]],
  ['strd with write-back into its own register', [0xe9e0, 0x0102]],
  ['a conditional branch inside an IT block', [0xbf08, 0xd0fe]],
  ['a branch that is not the last of its IT block', [0xbf04, 0x4770, 0xbf00]],
  ['cbz inside an IT block', [0xbf08, 0xb100]],
  ['bit field with its end before its begin', [0xf361, 0x1002]],
  ['cmp of two low registers in the high form', [0x4508]],
  ['mov.w r0, pc', [0xea4f, 0x000f]],
  ['cps of no flag', [0xb660]],
])('UNPREDICTABLE is an error with a name, a place and the opcode: %s', (_name, code) => {
  const core = new BareCore();
  core.load(halfwords(...code, BKPT));
  const error = (() => {
    try {
      core.finish();
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  })();
  expect(error).toBeInstanceOf(UnpredictableInstruction);
  if (error instanceof UnpredictableInstruction) {
    expect(error.pc).toBeGreaterThanOrEqual(CODE);
    expect(error.message).toMatch(/^UNPREDICTABLE instruction 0x[0-9a-f]+ at 0x200040\w\w$/);
  }
});

test('what is UNPREDICTABLE but never reached does no harm', () => {
  expect(run(movs(0, 1), 0xe001, 0x4508, 0xb660).cpu.r[0]).toBe(1);
});
