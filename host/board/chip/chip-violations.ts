/**
 * Every violation that the chip's frame and its flash controller report, with its meaning. Programs that run on silicon may get away
 * with some of them; a program of ours must do none. Tests plant each one; a name that is not in this table cannot be reported.
 */
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';

export const CHIP_VIOLATIONS = {
  'unmapped-address': 'An access where the chip has neither memory nor a peripheral; the bus answers with a fault.',
  'register-not-modelled': 'An access to an offset that is reserved, or to a register that the virtual board does not model.',
  'register-read-only': 'A write to a register that only hardware writes.',
  'peripheral-unclocked': 'An access to a peripheral or memory whose RCC clock is off or whose RCC reset is held: reads 0, writes are lost.',
  'clock-not-modelled': 'HSE or a PLL was switched on, or chosen as a clock: the virtual board has no crystal and runs on its internal oscillators.',
  'iwdg-write-while-locked': 'IWDG_PR, RLR or WINR was written without 0x5555 in IWDG_KR before it; the write is lost.',
  'flash-key-wrong': 'FLASH_KEYR took a wrong key, a key narrower than 32 bits, or another register was written between the keys: locked until reset, bus fault.',
  'flash-key-while-unlocked': 'FLASH_KEYR was written although FLASH_CR is unlocked: locked until reset, bus fault.',
  'flash-cr-write-while-locked': 'FLASH_CR was written while LOCK is set; the write is lost.',
  'flash-write-without-pg': 'A store to flash while FLASH_CR.PG is 0: PGSERR, the data is lost.',
  'flash-write-with-error-flag': 'A store to flash while PGSERR or INCERR is set: PGSERR, the data is lost.',
  'flash-write-unaligned': 'The first store to a flash word is not at its start, or a store is not aligned to its size.',
  'flash-write-mixed-sizes': 'Stores of different sizes fill one flash word.',
  'flash-byte-stored-twice': 'A byte of the write buffer was stored twice: STRBERR, the later value counts.',
  'flash-word-incomplete': 'A store to another flash word while the write buffer is partly filled: INCERR, the data is lost.',
  'flash-write-buffer-lost': 'FLASH_CR.PG was cleared while the write buffer is partly filled; its bytes are lost.',
  'flash-word-written-twice': 'A flash word was programmed a second time since its erase: its ECC no longer fits.',
  'flash-word-not-erased': 'A flash word was programmed that nobody erased: old content, or what an interrupted operation left.',
  'flash-write-protected': 'A flash word in a write-protected sector was programmed: WRPERR, nothing happens.',
  'flash-erase-protected': 'The erase of a write-protected sector, or of a bank that holds one: WRPERR, nothing happens.',
  'flash-start-without-request': 'FLASH_CR.START was set with neither SER nor BER: nothing happens.',
  'flash-start-sector-and-bank': 'FLASH_CR.START was set with SER and BER: the whole bank is erased.',
  'flash-start-while-busy': 'FLASH_CR.START was set while QW is set: the erase waits in the queue, a third one is lost.',
  'flash-sector-out-of-range': 'FLASH_CR.SNB names a sector that the bank does not have: WRPERR, nothing happens.',
  'flash-timing-changed-while-busy': 'FLASH_CR.PSIZE or FLASH_ACR was changed during an operation, which may corrupt the array.',
  'flash-busy-bank-read': 'A bank was read while it programs or erases: the core stalls until all its operations are done.',
  'option-byte-change': 'A write to OPTKEYR, OPTCR, OPTCCR or an option byte register: the virtual board does not change option bytes.',
  'bank-swap': 'FLASH_OPTSR_PRG.SWAP_BANK_OPT was set: the virtual board does not swap its banks.',
  'stack-overflow': 'The main stack pointer went below the stack that the program was given: on silicon it overwrites what lies there.',
  'reset-during-flash-operation': 'The program reset the chip while a flash operation was running: its flash words are undefined.',
} as const satisfies Record<string, string>;

export type ChipViolation = keyof typeof CHIP_VIOLATIONS;

export function reportChip(violations: Violations, name: ChipViolation, message: string, tick: Tick): void {
  violations.report(name, message, tick);
}
