/**
 * One direction of the serial line between converter and chip. Characters travel in runs: bytes back to back in one format, so that
 * a megabyte costs a few objects and not a million events.
 */
import type { LineSettings } from '../link/line-settings.js';
import { bitsPerCharacter } from '../link/line-settings.js';
import type { Tick } from './time.js';
import { TICKS_PER_SECOND } from './time.js';

/** Bytes sent back to back. Character `i` starts at `startTick + i * characterTicks(format)` and is complete one character later. */
export interface LineRun {
  readonly bytes: Uint8Array;
  /** When the start bit of the first character begins. May be fractional. */
  readonly startTick: Tick;
  readonly format: LineSettings;
}

/** Ticks per bit; fractional (115200 baud: 555.55…). */
export function bitTicks(format: LineSettings): number {
  return TICKS_PER_SECOND / format.baudRate;
}

/** Ticks per character, start bit to end of stop bit; fractional. */
export function characterTicks(format: LineSettings): number {
  return bitTicks(format) * bitsPerCharacter(format);
}

/** Whoever listens at the far end of one direction. Runs arrive in order and never overlap. */
export type LineListener = (run: LineRun) => void;
