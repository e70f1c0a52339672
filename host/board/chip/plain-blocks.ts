/**
 * Blocks that a program may set up and that change nothing here: power control, system configuration, debug support, the AXI
 * interconnect. Offsets as in ST's CMSIS headers (cmsis_device_h7 13ba9da); only registers that a program that flashes may touch.
 */
import type { Violations } from '../violations.js';
import type { StoredRegister } from './stored-registers.js';
import { StoredRegisters } from './stored-registers.js';

const ACTVOSRDY = 1 << 13;

/** PWR. The regulator is always where it was asked to be: CSR1.ACTVOSRDY and D3CR.VOSRDY read 1 (RM0433, chapter PWR). */
export const PWR_REGISTERS: readonly StoredRegister[] = [
  { name: 'CR1', offset: 0x00, resetValue: 0xf000c000 },
  { name: 'CSR1', offset: 0x04, resetValue: 0x4000 | ACTVOSRDY, writable: 0 },
  { name: 'CR2', offset: 0x08 },
  { name: 'CR3', offset: 0x0c, resetValue: 0x6 },
  { name: 'CPUCR', offset: 0x10 },
  { name: 'D3CR', offset: 0x18, resetValue: 0x4000 | ACTVOSRDY, writable: 0xc000 },
];

export const SYSCFG_REGISTERS: readonly StoredRegister[] = [
  { name: 'PMCR', offset: 0x04 },
  { name: 'EXTICR', offset: 0x08 },
  { name: 'CFGR', offset: 0x18 },
  { name: 'CCCSR', offset: 0x20 },
];

/** DBGMCU but IDCODE. Stopping a watchdog while the core is halted has no meaning without a debugger. */
export const DBGMCU_REGISTERS: readonly StoredRegister[] = [
  { name: 'CR', offset: 0x04 },
  { name: 'APB3FZ1', offset: 0x34 },
  { name: 'APB1LFZ1', offset: 0x3c },
  { name: 'APB4FZ1', offset: 0x54 },
];

/** DBGMCU_IDCODE: DEV_ID in bits 11:0, REV_ID in 31:16. */
export const DBGMCU_IDCODE = {
  offset: 0x00,
  DEV_ID: { position: 0, width: 12 },
  REV_ID: { position: 16, width: 16 },
} as const;

/** AXI_TARG7_FN_MOD at 0x51008108 takes READ_ISS_OVERRIDE, the workaround of erratum 2.2.9 (ES0392). */
export const AXI_REGISTERS: readonly StoredRegister[] = [{ name: 'TARG7_FN_MOD', offset: 0x108 }];

export const PLAIN_BASES = { PWR: 0x58024800, SYSCFG: 0x58000400, DBGMCU: 0x5c001000, AXI: 0x51008000 } as const;

/** @param idcode what DBGMCU_IDCODE reads */
export function plainBlocks(violations: Violations, idcode: number): readonly { readonly base: number; readonly block: StoredRegisters }[] {
  const dbgmcu: readonly StoredRegister[] = [{ name: 'IDCODE', offset: DBGMCU_IDCODE.offset, resetValue: idcode, writable: 0 }, ...DBGMCU_REGISTERS];
  const registers = { PWR: PWR_REGISTERS, SYSCFG: SYSCFG_REGISTERS, DBGMCU: dbgmcu, AXI: AXI_REGISTERS };
  return (['PWR', 'SYSCFG', 'DBGMCU', 'AXI'] as const).map((name) => ({
    base: PLAIN_BASES[name],
    block: new StoredRegisters({ name, violations, registers: registers[name] }),
  }));
}
