/** The System Control Block as programs address it (PM0253 §4.3), with the Cortex-M7's feature, cache and TCM registers (§4.5 to §4.9). */
import { SLOT } from '../core-state.js';
import { UnmodelledFeature } from '../faults.js';
import type { RegisterBlock } from './register-block.js';
import type { SystemControl } from './system-control.js';

export const AIRCR = { SYSRESETREQ: 1 << 2, PRIGROUP: 7 << 8, VECTKEY: 0xffff << 16 } as const;
/** PM0253 §4.3, AIRCR: what a write must have in its upper half, and what reads there. */
const WRITE_KEY = 0x05fa;
const KEY_STATUS = 0xfa050000;
/** NMIPENDSET, PENDSVSET, PENDSTSET (PM0253 §4.3, ICSR). */
const ICSR_PEND = (1 << 31) | (1 << 28) | (1 << 26);
const ICSR_RETTOBASE = 1 << 11;

/** Fixed values: Cortex-M7 r1p1, its feature registers, and 16 KiB caches as in STM32H74x. */
const CONSTANTS: ReadonlyMap<number, number> = new Map([
  [0xe000e004, 0x4], // ICTR (Arm DDI 0403E §B3.2): 160 lines in steps of 32
  [0xe000ed00, 0x411fc271], // CPUID
  [0xe000ed40, 0x30], // ID_PFR0
  [0xe000ed44, 0x200], // ID_PFR1
  [0xe000ed48, 0x100000], // ID_DFR0
  [0xe000ed4c, 0], // ID_AFR0
  [0xe000ed50, 0x100030], // ID_MMFR0
  [0xe000ed54, 0], // ID_MMFR1
  [0xe000ed58, 0x01000000], // ID_MMFR2
  [0xe000ed5c, 0], // ID_MMFR3
  [0xe000ed60, 0x01101110], // ID_ISAR0
  [0xe000ed64, 0x02112000], // ID_ISAR1
  [0xe000ed68, 0x20232231], // ID_ISAR2
  [0xe000ed6c, 0x01111131], // ID_ISAR3
  [0xe000ed70, 0x01310132], // ID_ISAR4
  [0xe000ed78, 0x09000003], // CLIDR
  [0xe000ed7c, 0x8303c003], // CTR
]);

/** Registers whose value only has to be remembered, with their writable bits. */
const STORED: ReadonlyMap<number, { readonly writable: number; readonly reset: number }> = new Map([
  [0xe000e008, { writable: 0x1fff_ec04, reset: 0 }], // ACTLR (Arm DDI 0403E §B3.2)
  [0xe000ed10, { writable: 0x16, reset: 0 }], // SCR
  [0xe000ed30, { writable: 0, reset: 0 }], // DFSR
  [0xe000ed3c, { writable: -1, reset: 0 }], // AFSR
  [0xe000ed84, { writable: 0xf, reset: 0 }], // CSSELR
  [0xe000ed88, { writable: 0xf << 20, reset: 0 }], // CPACR: remembered; there is no FPU behind it
  [0xe000edf0, { writable: 0, reset: 0 }], // DHCSR: no debugger
  [0xe000ef90, { writable: 0x7, reset: 0x39 }], // ITCMCR
  [0xe000ef94, { writable: 0x7, reset: 0x41 }], // DTCMCR
  [0xe000ef98, { writable: 0x1, reset: 0 }], // AHBPCR
  [0xe000ef9c, { writable: 0x7, reset: 0 }], // CACR
  [0xe000efa0, { writable: 0xffff, reset: 0x801 }], // AHBSCR
  [0xe000efa8, { writable: 0x3ff, reset: 0 }], // ABFSR
]);

/** ICIALLU to BPIALL: without caches there is nothing to maintain. */
const isCacheMaintenance = (address: number): boolean => address >= 0xe000ef50 && address <= 0xe000ef78;

interface Register {
  read(): number;
  write(value: number): void;
}

export class SystemControlRegisters implements RegisterBlock {
  readonly #stored = new Map<number, number>();
  readonly #registers: ReadonlyMap<number, Register>;

  /** @param requestReset AIRCR.SYSRESETREQ was written with the right key. */
  constructor(control: SystemControl, r: Int32Array, requestReset: () => void) {
    this.#registers = new Map([...faultRegisters(control), ...controlRegisters(control, r, requestReset), ...priorityRegisters(control)]);
    this.reset();
  }

  reset(): void {
    for (const [address, { reset }] of STORED) this.#stored.set(address, reset);
  }

  read(address: number): number | undefined {
    const register = this.#registers.get(address);
    if (register !== undefined) return register.read();
    // CCSIDR follows CSSELR: 16 KiB, 4 ways data or 2 ways instruction, 32-byte lines.
    if (address === 0xe000ed80) return (this.#stored.get(0xe000ed84)! & 1) === 0 ? 0xf00fe019 : 0xf01fe009;
    return CONSTANTS.get(address) ?? this.#stored.get(address) ?? (isCacheMaintenance(address) ? 0 : undefined);
  }

  write(address: number, value: number): boolean {
    const register = this.#registers.get(address);
    if (register !== undefined) {
      register.write(value);
      return true;
    }
    const stored = STORED.get(address);
    if (stored !== undefined) this.#stored.set(address, ((value & stored.writable) | (stored.reset & ~stored.writable)) >>> 0);
    return stored !== undefined || CONSTANTS.has(address) || address === 0xe000ed80 || isCacheMaintenance(address);
  }
}

/** Status bits are cleared by writing ones. */
function faultRegisters(control: SystemControl): readonly [number, Register][] {
  return [
    [0xe000ed24, { read: () => control.shcsr, write: (value) => void (control.shcsr = value) }],
    [0xe000ed28, { read: () => control.cfsr, write: (value) => void (control.cfsr &= ~value) }],
    [0xe000ed2c, { read: () => control.hfsr, write: (value) => void (control.hfsr &= ~value) }],
    [0xe000ed34, { read: () => control.mmfar, write: (value) => void (control.mmfar = value) }],
    [0xe000ed38, { read: () => control.bfar, write: (value) => void (control.bfar = value) }],
  ];
}

function controlRegisters(control: SystemControl, r: Int32Array, requestReset: () => void): readonly [number, Register][] {
  const readIcsr = (): number => r[SLOT.IPSR]! | (control.active.length <= 1 ? ICSR_RETTOBASE : 0);
  const writeIcsr = (value: number): void => {
    if ((value & ICSR_PEND) !== 0) throw new UnmodelledFeature('a pended NMI, PendSV or SysTick exception', r[SLOT.PC]!);
  };
  const writeAircr = (value: number): void => {
    if (value >>> 16 !== WRITE_KEY) return;
    control.priorityGroup = (value & AIRCR.PRIGROUP) >>> 8;
    if ((value & AIRCR.SYSRESETREQ) !== 0) requestReset();
  };
  return [
    [0xe000ed04, { read: readIcsr, write: writeIcsr }],
    [0xe000ed08, { read: () => control.vtor, write: (value) => void (control.vtor = value & ~0x7f) }],
    [0xe000ed0c, { read: () => KEY_STATUS | (control.priorityGroup << 8), write: writeAircr }],
    [0xe000ed14, { read: () => control.ccr, write: (value) => void (control.ccr = value) }],
  ];
}

/** SHPR1-3: exceptions 4-7, 8-11, 12-15, four priority bits each. */
function priorityRegisters(control: SystemControl): readonly [number, Register][] {
  return [0, 4, 8].map((first): [number, Register] => [
    0xe000ed18 + first,
    {
      read: () => control.priorities.subarray(first, first + 4).reduceRight((word, priority) => word * 256 + priority, 0),
      write: (value) => {
        for (let at = 0; at < 4; at++) control.priorities[first + at] = (value >>> (8 * at)) & 0xf0;
      },
    },
  ]);
}
