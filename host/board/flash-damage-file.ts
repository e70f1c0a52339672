/**
 * Damaged flash words in a file of their own beside the flash file: a raw image has no place for what an interrupted word may read as.
 * It names the image that it belongs to; an image that somebody has replaced since is whole again.
 */
import { createHash } from 'node:crypto';
import type { Damage, Looks } from './chip/flash-damage.js';
import type { Tick } from './time.js';
import { msToTicks, ticksToMs } from './time.js';

interface StoredWord {
  readonly address: number;
  readonly kind: Damage['kind'];
  readonly bits?: readonly number[];
  /** Hexadecimal. */
  readonly intended?: string;
  readonly looks?: Looks;
  /** Absent: it holds for ever. */
  readonly decaysInMs?: number;
}

interface StoredDamage {
  /** Of the image. */
  readonly sha256: string;
  readonly words: readonly StoredWord[];
}

const digest = (image: Uint8Array): string => createHash('sha256').update(image).digest('hex');

/** @param tick now: decay is counted from here */
export function encodeDamage(image: Uint8Array, damage: ReadonlyMap<number, Damage>, tick: Tick): string {
  const stored: StoredDamage = { sha256: digest(image), words: [...damage].map(([address, what]) => store(address, what, tick)) };
  return `${JSON.stringify(stored)}\n`;
}

/** By address; empty when the text belongs to another image. Times are counted from tick 0. @throws SyntaxError */
export function decodeDamage(image: Uint8Array, text: string): ReadonlyMap<number, Damage> {
  const stored = JSON.parse(text) as StoredDamage;
  return new Map(stored.sha256 === digest(image) ? stored.words.map((word) => [word.address, restore(word)]) : []);
}

function store(address: number, damage: Damage, tick: Tick): StoredWord {
  if (damage.kind === 'inconsistent') return { address, kind: damage.kind };
  if (damage.kind === 'flipped') return { address, kind: damage.kind, bits: [...damage.bits] };
  const { kind, intended, looks, decaysAtTick } = damage;
  const decay = decaysAtTick === Infinity ? {} : { decaysInMs: Math.max(0, ticksToMs(decaysAtTick - tick)) };
  return { address, kind, intended: Buffer.from(intended).toString('hex'), looks, ...decay };
}

function restore({ kind, bits = [], intended = '', looks = 'unstable', decaysInMs = Infinity }: StoredWord): Damage {
  if (kind === 'inconsistent') return { kind };
  if (kind === 'flipped') return { kind, bits: new Set(bits) };
  return { kind, intended: Uint8Array.from(Buffer.from(intended, 'hex')), looks, decaysAtTick: msToTicks(decaysInMs) };
}
