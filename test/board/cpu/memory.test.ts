/** Alignment, regions whose rights change, small regions, device space. */
import { expect, test } from 'vitest';
import type { AccessSize } from '../../../host/board/cpu/bus.js';
import { BusFault } from '../../../host/board/cpu/bus.js';
import { Cpu } from '../../../host/board/cpu/cpu.js';
import { BareCore, CODE, DATA, DEVICE, FLASH, halfwords, region, words } from './bare-core.js';
import { BKPT, B_SELF, NOP, adds, constant, ldr, ldrb, ldrh, movs, str, strb, strh } from './thumb.js';

/** Runs to BKPT; a fault shows as the handler's BKPT. */
function run(code: readonly number[], core: BareCore = new BareCore()): BareCore {
  core.handle(halfwords(BKPT), 0x20008000);
  core.load(halfwords(...code, BKPT));
  core.finish();
  return core;
}

const hasFaulted = (core: BareCore): boolean => core.cpu.halted?.pc === 0x20008000;

test('unaligned words and halfwords in normal memory are ordinary accesses', () => {
  const core = run([...constant(0, DATA + 1), ...constant(1, 0x11223344), str(1, 0), ldr(2, 0), ldrh(3, 0), ...constant(0, DATA + 0xffff), strh(1, 0), ldrh(4, 0)]);
  expect(hasFaulted(core)).toBe(false);
  expect([...core.axi.bytes.subarray(0, 6)]).toEqual([0, 0x44, 0x33, 0x22, 0x11, 0]);
  expect([core.cpu.r[2], core.cpu.r[3], core.cpu.r[4]]).toEqual([0x11223344, 0x3344, 0x3344]);
  expect([core.axi.bytes[0xffff], core.axi.bytes[0x10000]]).toEqual([0x44, 0x33]);
});

test('CCR.UNALIGN_TRP makes them faults', () => {
  const core = run([...constant(0, 0xe000ed14), movs(1, 8), str(1, 0), ...constant(0, DATA + 2), ldr(2, 0)]);
  expect(hasFaulted(core)).toBe(true);
  expect(core.cpu.status()).toContain('UNALIGNED');
});

test.each([
  ['LDRD', [0xe9d0, 0x1200]],
  ['STRD', [0xe9c0, 0x1200]],
  ['LDM', [0xc806]],
  ['STM', [0xc006]],
  ['LDREX', [0xe850, 0x1f00]],
  ['LDREXH', [0xe8d0, 0x1f5f]],
] as const)('%s of an unaligned address faults and leaves base and registers alone', (_name, code) => {
  const core = run([...constant(0, DATA + 1), movs(1, 1), movs(2, 2), ...code]);
  expect(core.cpu.status()).toContain('UNALIGNED');
  expect([...core.cpu.r.subarray(0, 3)]).toEqual([DATA + 1, 1, 2]);
  expect(core.axi.bytes.subarray(0, 16).every((byte) => byte === 0)).toBe(true);
});

test.each([
  ['a word read', ldr(1, 0)],
  ['a word write', str(1, 0)],
  ['a halfword read', ldrh(1, 0)],
  ['a halfword write', strh(1, 0)],
])('%s of an unaligned device address faults and does not reach the device', (_name, opcode) => {
  const core = run([...constant(0, DEVICE + 1), opcode]);
  expect(core.cpu.status()).toContain('UNALIGNED');
  expect(core.events).toEqual([]);
});

test('device accesses keep their size, and bytes may stand anywhere', () => {
  const core = run([...constant(0, DEVICE + 3), ...constant(1, 0x12345678), strb(1, 0), ldrb(2, 0)]);
  expect(core.events.map(({ access, address, size, value }) => [access, address, size, value])).toEqual([
    ['write', DEVICE + 3, 1, 0x78],
    ['read', DEVICE + 3, 1, 0x78],
  ]);
  expect(core.cpu.r[2]).toBe(0x78);
});

test('a region smaller than a page works to its last byte and faults behind it', () => {
  const base = 0x38800000;
  const core = run([...constant(0, base + 4092), ...constant(1, 0xcafebabe), str(1, 0), ldr(2, 0), ldr(3, 0, 4)]);
  expect(core.word(base + 4092)).toBe(0xcafebabe);
  expect(core.cpu.r[2]! >>> 0).toBe(0xcafebabe);
  expect(hasFaulted(core)).toBe(true);
  expect(core.cpu.status()).toContain(`BFAR 0x${(base + 4096).toString(16)}`);
});

test('a region larger than whole pages works across the seam', () => {
  const odd = region('odd', 0x30000000, 65536 + 8192);
  const code = region('code', CODE & ~0xffff, 65536);
  code.bytes.set(halfwords(...constant(0, 0x3000fffe), ...constant(1, 0x11223344), str(1, 0), ldr(2, 0), ldrb(3, 0, ), BKPT), CODE & 0xffff);
  const nothing = (address: number): never => {
    throw new BusFault(address, 'nothing there');
  };
  const cpu = new Cpu({ bus: { read: nothing, write: nothing }, regions: [odd, code] });
  cpu.start(0x30001000, CODE | 1, 0);
  cpu.run(100);
  expect([cpu.r[2], cpu.r[3]]).toEqual([0x11223344, 0x44]);
  expect([...odd.bytes.subarray(0xfffe, 0x10002)]).toEqual([0x44, 0x33, 0x22, 0x11]);
});

/** A core whose flash is guarded: the test's bus answers for it. */
function guardedFlash(read: (address: number, size: AccessSize) => number): { core: BareCore; cpu: Cpu; flash: ReturnType<typeof region> } {
  const core = new BareCore();
  const flash = region('flash', FLASH, 131072, { writable: false });
  const bus = {
    read,
    write: (address: number): void => {
      // The program asks for the bank to become busy: from the next access on nothing reads it directly.
      if (address !== DEVICE) throw new BusFault(address, 'flash takes no store');
      flash.readable = false;
      cpu.regionsChanged();
    },
  };
  const cpu = new Cpu({ bus, regions: [core.itcm, core.dtcm, core.axi, flash] });
  return { core, cpu, flash };
}

test('a bank that becomes unreadable is asked through the bus from the very next load, in the same block', () => {
  const { core, cpu, flash } = guardedFlash(() => 0x600d);
  flash.bytes.set(words(1), 0);
  core.dtcm.bytes.set(halfwords(...constant(0, FLASH), ...constant(1, DEVICE), ldr(2, 0), str(2, 1), ldr(3, 0), BKPT), CODE & 0xffff);
  cpu.start(0x20010000, CODE | 1, 0);
  cpu.run(100);
  expect([cpu.r[2], cpu.r[3]]).toEqual([1, 0x600d]);
});

test('code in a bank that becomes unreadable is fetched through the bus, one instruction at a time', () => {
  const fetched: number[] = [];
  const { cpu, flash } = guardedFlash((address, size) => {
    fetched.push(address);
    const view = new DataView(flash.bytes.buffer);
    return size === 2 ? view.getUint16(address - FLASH, true) : view.getUint32(address - FLASH, true);
  });
  flash.bytes.set(halfwords(...constant(0, DEVICE), str(0, 0), movs(1, 1), adds(1, 1), 0xf101, 0x0102, BKPT));
  cpu.start(0x20010000, FLASH | 1, 0);
  cpu.run(100);
  expect(cpu.r[1]).toBe(4);
  expect(fetched).toEqual([10, 12, 14, 16, 18].map((offset) => FLASH + offset));
});

test('translated code does not run after its region has lost the right to execute', () => {
  const core = new BareCore();
  core.handle(halfwords(BKPT), 0x20008000);
  core.place(halfwords(adds(0, 1), 0x4770), DATA);
  core.load(halfwords(...constant(1, DATA | 1), 0x4788, 0x4788, BKPT));
  core.cpu.r[0] = 0;
  core.finish();
  expect(core.cpu.r[0]).toBe(2);
  core.axi.executable = false;
  core.cpu.regionsChanged();
  core.cpu.start(0x2001f000, CODE | 1, core.cpu.tick);
  core.finish();
  expect(core.cpu.status()).toContain('IBUSERR');
  expect(core.cpu.r[0]).toBe(2);
});

test('rights that change and come back leave translated code in place', () => {
  const core = new BareCore();
  core.load(halfwords(adds(0, 1), B_SELF));
  core.cpu.run(10);
  for (const executable of [false, true]) {
    core.dtcm.executable = executable;
    core.cpu.regionsChanged();
  }
  core.cpu.run(20);
  expect(core.cpu.r[15]).toBe(CODE + 2);
  expect(core.cpu.halted).toBeUndefined();
});

test('a store to memory that cannot be written goes to the bus and may fault', () => {
  const core = run([...constant(0, FLASH), movs(1, 1), NOP, str(1, 0)]);
  expect(hasFaulted(core)).toBe(true);
  expect(core.word(FLASH)).toBe(0);
});

test('LDM and STM across a page seam move every word', () => {
  for (let firstWords = 1; firstWords < 6; firstWords++) {
    const start = DATA + 65536 - firstWords * 4;
    const values = [1, 2, 3, 4, 5, 6].map((register) => movs(register, register * 3));
    // stmia r0!, {r1-r6}; ldmdb r0!, {r7-r12}
    const core = run([...constant(0, start), ...values, 0xe8a0, 0x007e, 0xe930, 0x1f80]);
    expect([...core.cpu.r.subarray(7, 13)]).toEqual([3, 6, 9, 12, 15, 18]);
    expect(Array.from({ length: 6 }, (_, at) => core.word(start + at * 4))).toEqual([3, 6, 9, 12, 15, 18]);
    expect(core.cpu.r[0]).toBe(start);
  }
});

test('LDRD and STRD across a page seam move both words', () => {
  const start = DATA + 65532;
  const core = run([...constant(0, start), movs(1, 5), movs(2, 6), 0xe9c0, 0x1200, 0xe9d0, 0x7800]);
  expect([core.word(start), core.word(start + 4), core.cpu.r[7], core.cpu.r[8]]).toEqual([5, 6, 5, 6]);
});
