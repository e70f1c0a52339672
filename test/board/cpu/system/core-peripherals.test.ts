/** Core registers as programs use them: cycle counter, SysTick, NVIC, MPU, identification. */
import { expect, test } from 'vitest';
import { UnmodelledFeature } from '../../../../host/board/cpu/faults.js';
import { BareCore, halfwords } from '../bare-core.js';
import { BKPT, NOP, constant, ldr, movs, str } from '../thumb.js';

const DEMCR = 0xe000edfc;
const DWT = 0xe0001000;
const LAR = 0xe0001fb0;
const SYSTICK = 0xe000e010;

/** Runs stores and loads of core registers, then says what the loads gave. */
type Step = readonly ['write', number, number] | readonly ['read', number] | readonly ['wait', number];

function runSteps(...steps: readonly Step[]): readonly number[] {
  const core = new BareCore();
  core.handle(halfwords(BKPT), 0x20008000);
  const code = steps.flatMap(([what, first, value]) => {
    if (what === 'wait') return new Array<number>(first).fill(NOP);
    if (what === 'write') return [...constant(0, first), ...constant(1, value), str(1, 0)];
    return [...constant(0, first), ldr(1, 0), 0xc702]; // stmia r7!, {r1}
  });
  core.load(halfwords(...code, BKPT));
  core.cpu.r[7] = 0x24000000;
  core.finish();
  if (core.cpu.halted?.pc === 0x20008000) throw new Error(core.cpu.status());
  return Array.from({ length: (core.cpu.r[7]! - 0x24000000) / 4 }, (_, at) => core.word(0x24000000 + at * 4));
}

const TRACE_ON: Step = ['write', DEMCR, 1 << 24];
const UNLOCK: Step = ['write', LAR, 0xc5acce55];

test('CYCCNT counts one per tick once trace is on and the lock is open', () => {
  const [first, second] = runSteps(TRACE_ON, UNLOCK, ['write', DWT + 4, 0], ['write', DWT, 1], ['read', DWT + 4], ['wait', 100], ['read', DWT + 4]);
  // movw, movt, ldr, stm: the reads are four instructions and the waiting apart.
  expect(second! - first!).toBe(104);
});

test.each([
  ['with the lock closed', [TRACE_ON]],
  ['with a wrong key', [TRACE_ON, ['write', LAR, 0x12345678]]],
  ['without DEMCR.TRCENA', [UNLOCK]],
] as const)('CYCCNT does not count %s', (_name, steps) => {
  const [first, second] = runSteps(...steps, ['write', DWT, 1], ['read', DWT + 4], ['wait', 20], ['read', DWT + 4]);
  expect(second).toBe(first);
});

test('a reset of the core stops CYCCNT and closes its lock', () => {
  const core = new BareCore();
  core.load(halfwords(...constant(0, LAR), ...constant(1, 0xc5acce55), str(1, 0), BKPT));
  core.finish();
  core.cpu.resetCore();
  core.load(halfwords(...constant(0, LAR + 4), ldr(1, 0), BKPT));
  core.finish();
  expect(core.cpu.r[1]).toBe(3);
});

test('SysTick counts down to zero, sets COUNTFLAG once and starts again from the reload value', () => {
  const values = runSteps(['write', SYSTICK + 4, 19], ['write', SYSTICK + 8, 0], ['write', SYSTICK, 5], ['read', SYSTICK + 8], ['wait', 2], ['read', SYSTICK + 8], ['wait', 8], ['read', SYSTICK], ['read', SYSTICK], ['wait', 14], ['read', SYSTICK]);
  // Enabled at tick t the counter is at 19 at t+1 and at zero at t+20 and t+40; a read costs movw, movt, ldr, stm.
  expect(values).toEqual([17, 11, 0x10005, 0x5, 0x10005]);
});

test('SysTick on the reference clock counts one per eight ticks', () => {
  const [first, second] = runSteps(['write', SYSTICK + 4, 0xffffff], ['write', SYSTICK + 8, 0], ['write', SYSTICK, 1], ['wait', 8], ['read', SYSTICK + 8], ['wait', 76], ['read', SYSTICK + 8]);
  expect(first! - second!).toBe(10);
});

test.each([
  ['the SysTick interrupt', SYSTICK, 3],
  ['an enabled MPU', 0xe000ed94, 1],
  ['a pended PendSV', 0xe000ed04, 1 << 28],
])('%s is refused aloud instead of being ignored', (_name, address, value) => {
  expect(() => runSteps(['write', address, value])).toThrow(UnmodelledFeature);
});

test('NVIC enables are set and cleared by writing ones, priorities keep four bits', () => {
  const values = runSteps(['write', 0xe000e104, 0xff], ['write', 0xe000e184, 0x0f], ['read', 0xe000e104], ['read', 0xe000e184], ['write', 0xe000e404, 0xffffffff], ['read', 0xe000e404]);
  expect(values).toEqual([0xf0, 0xf0, 0xf0f0f0f0]);
});

test('MPU regions can be set up and read back while it is off', () => {
  const values = runSteps(['write', 0xe000ed98, 3], ['write', 0xe000ed9c, 0x24000000], ['write', 0xe000eda0, 0x03080025], ['write', 0xe000ed9c, 0x30000015], ['read', 0xe000ed98], ['write', 0xe000ed98, 3], ['read', 0xe000ed9c], ['read', 0xe000eda0], ['read', 0xe000ed90]);
  expect(values).toEqual([5, 0x24000003, 0x03080025, 0x1000]);
});

test('the core says that it is a Cortex-M7 r1p1 with 16 KiB caches, and takes cache maintenance without complaint', () => {
  const values = runSteps(['read', 0xe000ed00], ['read', 0xe000ed80], ['write', 0xe000ed84, 1], ['read', 0xe000ed80], ['write', 0xe000ef50, 0], ['write', 0xe000ef74, 0]);
  expect(values).toEqual([0x411fc271, 0xf00fe019, 0xf01fe009]);
});

test('VTOR is aligned to 128 bytes, AIRCR reads with its key status, STKALIGN and BP cannot be cleared', () => {
  const values = runSteps(['write', 0xe000ed08, 0x240000ff], ['read', 0xe000ed08], ['write', 0xe000ed0c, 0x05fa0300], ['read', 0xe000ed0c], ['write', 0xe000ed14, 0], ['read', 0xe000ed14]);
  expect(values).toEqual([0x24000080, 0xfa050300, 0x40200]);
});

test('CFSR bits are cleared by writing ones, by the byte as well', () => {
  const core = new BareCore();
  // The handler reads CFSR, clears BFSR alone through its byte, and reads again.
  core.handle(halfwords(...constant(0, 0xe000ed28), ldr(1, 0), movs(2, 0xff), 0x7042, ldr(3, 0), BKPT), 0x20008000);
  core.load(halfwords(...constant(0, 0xd0000000), ldr(0, 0)));
  core.finish();
  expect([core.cpu.r[1], core.cpu.r[3]]).toEqual([0x8200, 0]);
});

test('what no register answers is a bus fault', () => {
  expect(() => runSteps(['read', 0xe0003000])).toThrow('BFAR 0xE0003000');
  expect(() => runSteps(['write', 0xe000eff0, 1])).toThrow('BFAR 0xE000EFF0');
});
