/** Read Memory, Write Memory, Go (AN3155 §3.4–3.6). */
import type { RomMemory } from './rom-memory.js';
import { isFaulting } from './rom-memory.js';
import type { RomExit, RomProgram } from './rom-program.js';
import { acknowledge, receive, receiveBytes, receiveChecked, refuse, send } from './rom-program.js';

/** AN2606 table 7: flash of the H7 is written in multiples of eight bytes, RAM in words. */
const WRITE_ALIGNMENT = { ram: 4, flash: 8 } as const;

function* receiveAddress(): RomProgram<number | undefined> {
  const bytes = yield* receiveChecked(4);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

export function* readMemory(memory: RomMemory): RomProgram<RomExit | undefined> {
  yield* acknowledge();
  const address = yield* receiveAddress();
  if (address === undefined || memory.kindOf(address, 1) === undefined) return yield* refuse();
  yield* acknowledge();
  const { bytes, isIntact } = yield* receiveBytes(2);
  const [lastIndex = 0, complement = 0] = bytes;
  const kind = memory.kindOf(address, lastIndex + 1);
  if (!isIntact || (lastIndex ^ complement) !== 0xff || kind === undefined) return yield* refuse();
  yield* memory.flash.untilReadable(address);
  let content: Uint8Array = new Uint8Array();
  const access = (): void => {
    content = memory.read(address, lastIndex + 1);
  };
  // Not documented: a bus error has no answer in AN3155, and the ROM has no way on but its reset.
  if (isFaulting(access)) return { kind: 'reset' };
  memory.hasJustReadFlash = kind === 'flash';
  yield* acknowledge();
  yield* send(content);
  return undefined;
}

export function* writeMemory(memory: RomMemory): RomProgram<undefined> {
  yield* acknowledge();
  const address = yield* receiveAddress();
  const target = address === undefined ? undefined : memory.kindOf(address, 1);
  if (address === undefined || target === undefined || target === 'system' || address % 4 !== 0) return yield* refuse();
  yield* acknowledge();
  const lastIndex = yield* receive();
  const data = yield* receiveChecked(lastIndex.byte + 1, lastIndex.byte);
  const lengthBytes = lastIndex.byte + 1;
  const isPossible = memory.kindOf(address, lengthBytes) === target && lengthBytes % WRITE_ALIGNMENT[target] === 0 && address % WRITE_ALIGNMENT[target] === 0;
  if (data === undefined || lastIndex.error !== undefined || !isPossible) return yield* refuse();
  if (target === 'ram') memory.writeRam(address, data);
  else yield* writeFlash(memory, address, data);
  yield* acknowledge();
  return undefined;
}

function* writeFlash(memory: RomMemory, address: number, data: Uint8Array): RomProgram {
  const lost = memory.hasJustReadFlash ? memory.version.bytesLostAfterRead : 0;
  memory.hasJustReadFlash = false;
  yield* memory.flash.program(address + lost, data.subarray(lost));
}

/** The image at the address begins with its stack pointer and its entry, as a vector table does. */
export function* go(memory: RomMemory): RomProgram<RomExit | undefined> {
  if (memory.version.acknowledgesGo) yield* acknowledge();
  const address = yield* receiveAddress();
  const kind = address === undefined ? undefined : memory.kindOf(address, 8);
  if (address === undefined || address % 4 !== 0 || kind === undefined || kind === 'system') return yield* refuse();
  yield* acknowledge();
  yield* memory.flash.untilReadable(address);
  let stackPointer = 0;
  let entry = 0;
  const access = (): void => {
    stackPointer = memory.readWord(address);
    entry = memory.readWord(address + 4);
  };
  if (isFaulting(access) || memory.version.go === 'resets' || !memory.hasStackReserve(stackPointer)) return { kind: 'reset' };
  return { kind: 'jump', stackPointer, entry };
}
