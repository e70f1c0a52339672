/**
 * Flash words whose cells and ECC do not fit together: bits that flipped, words that were overwritten, words that a power cut or a
 * reset interrupted. Decides what one read of such a word brings.
 *
 * ECC is SECDED per flash word: one wrong bit is corrected, two are a bus fault (RM0399 §4.3.12, §4.7.7). What an interrupted word
 * reads as is not specified; it is drawn anew for every read, so nobody can rely on having read it once.
 */
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import { msToTicks } from '../time.js';

export type Damage =
  /** Bits that differ from what was programmed; numbered within the flash word. */
  | { readonly kind: 'flipped'; readonly bits: ReadonlySet<number> }
  /** Programmed twice. */
  | { readonly kind: 'inconsistent' }
  /** Cut off on the way from the old content (what the array holds) to `intended`. */
  | { readonly kind: 'interrupted'; readonly intended: Uint8Array; readonly looks: Looks; readonly decaysAtTick: Tick };

/** What an interrupted word mostly reads as, until it decays. */
export type Looks = 'old' | 'intended' | 'unstable';

export interface WordRead {
  readonly bytes: Uint8Array;
  readonly ecc: 'clean' | 'corrected' | 'failed';
}

/** Fractions of an operation's duration: cut before the first, the old content still reads; after the second, the new one does. */
export const BARELY_BEGUN = 0.05;
export const NEARLY_DONE = 0.9;
/** A cell that was only just switched may hold for minutes. */
const DECAY_MS = 600_000;

export function interruptedWord(intended: Uint8Array, progress: number, tick: Tick, random: Random): Damage {
  const looks: Looks = progress < BARELY_BEGUN ? 'old' : progress > NEARLY_DONE ? 'intended' : 'unstable';
  const holds = random.fraction() < 0.3;
  return { kind: 'interrupted', intended, looks, decaysAtTick: holds ? Infinity : tick + msToTicks(DECAY_MS) * random.fraction() };
}

/** One read of a damaged word. `stored` is what the array holds; it is not changed. */
export function readDamaged(stored: Uint8Array, damage: Damage, tick: Tick, random: Random): WordRead {
  if (damage.kind === 'inconsistent') return { bytes: stored, ecc: 'failed' };
  if (damage.kind === 'flipped') return { bytes: stored, ecc: damage.bits.size === 1 ? 'corrected' : 'failed' };
  const unstable = damage.looks === 'unstable' || tick >= damage.decaysAtTick;
  return unstable ? readUnstable(stored, damage.intended, random) : readSettled(damage.looks === 'old' ? stored : damage.intended, random);
}

function readSettled(bytes: Uint8Array, random: Random): WordRead {
  return { bytes, ecc: random.below(32) === 0 ? 'corrected' : 'clean' };
}

function readUnstable(old: Uint8Array, intended: Uint8Array, random: Random): WordRead {
  const either = random.below(2) === 0 ? old : intended;
  const draw = random.fraction();
  if (draw < 0.4) return { bytes: either, ecc: 'clean' };
  if (draw < 0.55) return { bytes: either, ecc: 'corrected' };
  if (draw < 0.7) return { bytes: mixture(old, intended, random), ecc: 'clean' };
  return { bytes: either, ecc: 'failed' };
}

/** Every bit from one or the other: three and more wrong bits can slip through SECDED. */
function mixture(old: Uint8Array, intended: Uint8Array, random: Random): Uint8Array {
  return old.map((byte, index) => {
    const choice = random.u32() >>> 24;
    return (byte & choice) | ((intended[index] ?? 0) & ~choice);
  });
}
