/** Get, Get Version, Get ID: what answers under any protection (AN3155 §3.1–3.3). */
import type { RomMemory } from './rom-memory.js';
import type { RomProgram } from './rom-program.js';
import { acknowledge, send } from './rom-program.js';

const PROTOCOL_V3_1 = 0x31;

/** @param opcodes every command of this ROM, in the order of the table. */
export function* getCommand(opcodes: readonly number[]): RomProgram<undefined> {
  yield* acknowledge();
  yield* send([opcodes.length, PROTOCOL_V3_1, ...opcodes]);
  yield* acknowledge();
  return undefined;
}

export function* getVersion(): RomProgram<undefined> {
  yield* acknowledge();
  yield* send([PROTOCOL_V3_1, 0x00, 0x00]);
  yield* acknowledge();
  return undefined;
}

export function* getId(memory: RomMemory): RomProgram<undefined> {
  yield* acknowledge();
  yield* send([1, memory.part.deviceId >> 8, memory.part.deviceId & 0xff]);
  yield* acknowledge();
  return undefined;
}
