/**
 * The ROM's program, written down as generators: it reads like the flow charts of AN3155, and time passes only where it yields.
 * There is no wait with a time limit: no inter-byte timeout is documented for the USART, so a lost byte leaves the ROM waiting.
 */
import type { Character } from '../line-decoder.js';
import type { Tick } from '../time.js';
import { TICKS_PER_US } from '../time.js';

/** What the program waits for. */
export type Wait =
  | { readonly kind: 'synchronisation' }
  | { readonly kind: 'character' }
  | { readonly kind: 'ticks'; readonly ticks: Tick }
  /** Goes on when the last stop bit has ended. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array };

export type RomProgram<Result = void> = Generator<Wait, Result, Character | undefined>;

/** How the program ends. */
export type RomExit =
  | { readonly kind: 'jump'; readonly stackPointer: number; readonly entry: number }
  | { readonly kind: 'reset' };

export const ACK = 0x79;
export const NACK = 0x1f;

/** From the last bit of a frame to the first bit of its answer; what AN2606 table 228 leaves of 0.228 ms beside 0x7F and ACK. */
const TURNAROUND_TICKS = 35 * TICKS_PER_US;

export function* receive(): RomProgram<Character> {
  const character = yield { kind: 'character' };
  if (character === undefined) throw new TypeError('the ROM was resumed without the character that it waits for');
  return character;
}

export interface ReceivedBytes {
  readonly bytes: Uint8Array;
  /** No parity or framing error in any of them. */
  readonly isIntact: boolean;
}

export function* receiveBytes(count: number): RomProgram<ReceivedBytes> {
  const bytes = new Uint8Array(count);
  let isIntact = true;
  for (let at = 0; at < count; at++) {
    const character = yield* receive();
    bytes[at] = character.byte;
    isIntact &&= character.error === undefined;
  }
  return { bytes, isIntact };
}

/** Reads `count` bytes and their XOR. Undefined when the checksum or a character is wrong. */
export function* receiveChecked(count: number, seed = 0): RomProgram<Uint8Array | undefined> {
  const { bytes, isIntact } = yield* receiveBytes(count + 1);
  const sum = bytes.reduce((xor, byte) => xor ^ byte, seed);
  return isIntact && sum === 0 ? bytes.subarray(0, count) : undefined;
}

export function* delay(ticks: Tick): RomProgram {
  yield { kind: 'ticks', ticks };
}

export function* send(bytes: Iterable<number>): RomProgram {
  yield { kind: 'send', bytes: Uint8Array.from(bytes) };
}

export function* acknowledge(): RomProgram {
  yield* delay(TURNAROUND_TICKS);
  yield* send([ACK]);
}

/** Returns nothing, so that a command can end with it. */
export function* refuse(): RomProgram<undefined> {
  yield* delay(TURNAROUND_TICKS);
  yield* send([NACK]);
  return undefined;
}
