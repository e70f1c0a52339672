/**
 * Write Protect, Write Unprotect, Readout Protect, Readout Unprotect (AN3155 §3.9–3.12). They change option bytes, through the registers
 * as the ROM does; a chip whose option bytes are fixed says so loudly. What they erase is erased.
 */
import type { RomMemory } from './rom-memory.js';
import type { RomExit, RomProgram } from './rom-program.js';
import { acknowledge, receive, receiveChecked, refuse } from './rom-program.js';

export function* writeProtect(memory: RomMemory): RomProgram<undefined> {
  yield* acknowledge();
  const lastIndex = yield* receive();
  const codes = yield* receiveChecked(lastIndex.byte + 1, lastIndex.byte);
  if (codes === undefined || lastIndex.error !== undefined) return yield* refuse();
  memory.flash.unlockOptionBytes();
  yield* acknowledge();
  return undefined;
}

export function* writeUnprotect(memory: RomMemory): RomProgram<undefined> {
  yield* acknowledge();
  memory.flash.unlockOptionBytes();
  yield* acknowledge();
  return undefined;
}

export function* readOutProtect(memory: RomMemory): RomProgram<undefined> {
  yield* acknowledge();
  memory.flash.unlockOptionBytes();
  yield* acknowledge();
  return undefined;
}

/** Leaves protection by erasing everything; without protection it erases everything all the same. */
export function* readOutUnprotect(memory: RomMemory): RomProgram<RomExit> {
  yield* acknowledge();
  if (memory.flash.isReadOutProtected) memory.flash.unlockOptionBytes();
  yield* memory.flash.eraseBanks(memory.part.banks.map((_, bank) => bank));
  yield* acknowledge();
  return { kind: 'reset' };
}
