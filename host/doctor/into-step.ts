/**
 * Into step with a ROM bootloader in whatever state it is, by 0x7F alone (see bootloader/synchronise.ts for why). Tells what happened, and
 * never fails: silence is an answer to a doctor.
 */
import { ACK, NACK, SYNCHRONISATION } from '../bootloader/an3155.js';
import { FILL } from '../bootloader/synchronise.js';
import { concat, count } from './byte-runs.js';
import type { ProbeLine } from './probe-line.js';

export interface Step {
  /** `ack`: the ROM was fresh from reset. `nack`: it was in step already, or is again. */
  readonly kind: 'ack' | 'nack' | 'silence' | 'strange';
  /** How many attempts without an answer came before: the first 0x7F, the second, the filling of a frame. */
  readonly failedAttempts: number;
  /** All that came. */
  readonly bytes: Uint8Array;
}

const SYNC = Uint8Array.of(SYNCHRONISATION);

export async function intoStep(line: ProbeLine, waitMs?: number): Promise<Step> {
  const came: Uint8Array[] = [];
  for (let failedAttempts = 0; failedAttempts < 2; failedAttempts++) {
    const { bytes } = await line.ask(SYNC, isVerdict, waitMs === undefined ? {} : { waitMs });
    came.push(bytes);
    if (bytes.length > 0) return { kind: kindOf(bytes), failedAttempts, bytes };
  }
  const { bytes } = await line.ask(FILL, () => false, { lineBytes: 2 * FILL.length });
  came.push(bytes);
  if (count(bytes, NACK) === 0) return { kind: bytes.length === 0 ? 'silence' : 'strange', failedAttempts: 2, bytes: concat(...came) };
  // Now it has none or one byte of a command.
  for (let probe = 0; probe < 3; probe++) {
    const last = await line.ask(SYNC, isVerdict);
    if (isVerdict(last.bytes)) return { kind: 'nack', failedAttempts: 2, bytes: last.bytes };
  }
  return { kind: 'strange', failedAttempts: 2, bytes: concat(...came) };
}

export function isAnswered({ kind }: Step): boolean {
  return kind === 'ack' || kind === 'nack';
}

/** One ACK or NACK and nothing else. */
export function isVerdict(bytes: Uint8Array): boolean {
  return bytes.length === 1 && (bytes[0] === ACK || bytes[0] === NACK);
}

function kindOf(bytes: Uint8Array): Step['kind'] {
  if (!isVerdict(bytes)) return 'strange';
  return bytes[0] === ACK ? 'ack' : 'nack';
}
