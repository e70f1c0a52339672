/** The ROM's life: wait for a first frame, then commands one after the other until one of them leaves (AN3155 §2, §3). */
import { msToTicks } from '../time.js';
import { COMMANDS } from './commands.js';
import type { RomMemory } from './rom-memory.js';
import type { RomExit, RomProgram } from './rom-program.js';
import { acknowledge, delay, receive, receiveBytes, refuse } from './rom-program.js';

const SYNCHRONISATION = 0x7f;

export function* romSession(memory: RomMemory): RomProgram<RomExit> {
  yield* delay(msToTicks(memory.version.startUpMs));
  yield { kind: 'synchronisation' };
  const first = yield* receive();
  // Any other byte has latched a wrong rate: the ROM is lost on this line until a reset (AN2606, note on USART detection).
  if (first.byte === SYNCHRONISATION && first.error === undefined) yield* acknowledge();
  for (;;) {
    const exit = yield* serveCommand(memory);
    if (exit !== undefined) return exit;
  }
}

/**
 * A command and its complement. After a refusal nothing is discarded: whatever follows is read as the next command, also when it was
 * meant as data of the refused one.
 */
function* serveCommand(memory: RomMemory): RomProgram<RomExit | undefined> {
  const { bytes, isIntact } = yield* receiveBytes(2);
  const [opcode = 0, complement = 0] = bytes;
  const command = COMMANDS.get(opcode);
  const isAllowed = command?.worksUnderReadOutProtection === true || !memory.flash.isReadOutProtected;
  if (!isIntact || (opcode ^ complement) !== 0xff || command === undefined) return yield* refuse();
  if (isAllowed) return yield* command.serve(memory);
  yield* refuse();
  return memory.refusesTwice && command.isRefusedTwice === true ? yield* refuse() : undefined;
}
