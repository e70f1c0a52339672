/** What the stub reports, in words: its status codes, the bits of FLASH_SR, processor faults. */
import { StageFlashError, hex32 } from '../errors.js';
import type { MessageValues } from '../protocol/messages.js';
import { STATUS } from '../protocol/wire.js';

/** FLASH_SR (RM0433 §4.9.5). */
const FLASH_SR_BITS: Readonly<Record<number, string>> = {
  0: 'BSY', 1: 'WBNE', 2: 'QW', 3: 'CRC_BUSY', 17: 'WRPERR', 18: 'PGSERR', 19: 'STRBERR', 21: 'INCERR', 22: 'OPERR',
  23: 'RDPERR', 24: 'RDSERR', 25: 'SNECCERR', 26: 'DBECCERR',
};

/** What to try, by status. */
const HINTS: Readonly<Partial<Record<keyof typeof STATUS, string>>> = {
  badOperation: 'Host and stub disagree: this is a defect of stage-flash.',
  badAddress: 'Host and stub disagree about the flash: this is a defect of stage-flash.',
  notErased: 'Run the same command again: the sector is erased anew.',
  eraseFailed: 'Is the sector write-protected, or worn out? Run the same command again.',
  programFailed: 'Is the sector write-protected, or the supply weak? Run the same command again.',
  flashTimeout: 'The flash may be worn out; power-cycle the board and run the same command again.',
  digestWrong: 'Run the same command again. No application can start until then: its vector table is not written.',
  locked: 'Something locked the flash controller until the next reset; reset the board and run the same command again.',
};

/** `WRPERR PGSERR`. */
export function describeFlashStatus(sr: number): string {
  const names = Object.entries(FLASH_SR_BITS).filter(([bit]) => (sr >>> Number(bit)) & 1).map(([, name]) => name);
  return names.length === 0 ? 'no flag set' : names.join(' ');
}

/** The error that a PROGRESS with another status than ok stands for. */
export function progressError(progress: MessageValues<'progress'>): StageFlashError {
  const [name, status] = Object.entries(STATUS).find(([, entry]) => entry.id === progress.status) ?? ['unknown', { doc: 'unknown status' }];
  const what = status.doc.split(/[;,]/, 1)[0]!;
  if (progress.status === STATUS.digestWrong.id) {
    return new StageFlashError('verify', `the sector at ${hex32(progress.detail)} does not hold what was written: its digest, read from the flash, is wrong`, { hint: HINTS.digestWrong! });
  }
  return new StageFlashError('flash', `the stub stopped at ${hex32(progress.detail)}: ${what} (FLASH_SR ${hex32(progress.flashStatus)}: ${describeFlashStatus(progress.flashStatus)})`, {
    hint: HINTS[name as keyof typeof STATUS] ?? 'Run the same command again.',
  });
}

/** Questions in a row that a stub which is heard does not answer; then the way to it counts as dead. */
export const MOST_UNANSWERED = 6;

/** A converter that was told XOFF does that. */
export function deafError(linkName: string): StageFlashError {
  return new StageFlashError('link', `${linkName}: the board is heard, but does not hear`, {
    hint: 'Flow control in the converter may hold the line (XON/XOFF, RTS/CTS): switch it off, or add --avoid-xonxoff, and run the same command again.',
  });
}

export function faultError(fault: MessageValues<'fault'>): StageFlashError {
  return new StageFlashError(
    'stub',
    `the stub ran into a processor fault at ${hex32(fault.pc)} (CFSR ${hex32(fault.cfsr)}, HFSR ${hex32(fault.hfsr)}, address ${hex32(fault.address)}) and reset the chip`,
    { hint: 'Is this the part that stage-flash takes it for (an STM32H742 wants --chip STM32H742xI)? Run the same command again; if it stays so, report it with these numbers.' },
  );
}
