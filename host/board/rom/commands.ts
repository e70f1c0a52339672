/** The commands of protocol V3.1 as the H7 has them (AN3155 table 2), in the order in which Get lists them. */
import { extendedErase } from './erase-command.js';
import { getCommand, getId, getVersion } from './identify-commands.js';
import { go, readMemory, writeMemory } from './memory-commands.js';
import { readOutProtect, readOutUnprotect, writeProtect, writeUnprotect } from './protection-commands.js';
import type { RomMemory } from './rom-memory.js';
import type { RomExit, RomProgram } from './rom-program.js';

export interface Command {
  /** From the answer to the two command bytes on. */
  readonly serve: (memory: RomMemory) => RomProgram<RomExit | undefined>;
  /** AN3155 table 2, note 2. */
  readonly worksUnderReadOutProtection?: true;
  /** "Some products" refuse it with two NACKs under read-out protection (AN3155 §3.4–3.6). */
  readonly isRefusedTwice?: true;
}

export const COMMANDS: ReadonlyMap<number, Command> = new Map<number, Command>([
  [0x00, { serve: () => getCommand([...COMMANDS.keys()]), worksUnderReadOutProtection: true }],
  [0x01, { serve: getVersion, worksUnderReadOutProtection: true }],
  [0x02, { serve: getId, worksUnderReadOutProtection: true }],
  [0x11, { serve: readMemory, isRefusedTwice: true }],
  [0x21, { serve: go, isRefusedTwice: true }],
  [0x31, { serve: writeMemory, isRefusedTwice: true }],
  [0x44, { serve: extendedErase }],
  [0x63, { serve: writeProtect }],
  [0x73, { serve: writeUnprotect }],
  [0x82, { serve: readOutProtect }],
  [0x92, { serve: readOutUnprotect, worksUnderReadOutProtection: true }],
]);
