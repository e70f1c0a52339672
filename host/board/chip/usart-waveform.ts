/**
 * The level of one serial pin over time, as the runs handed over so far make it: idle high, LSB first, characters back to back.
 * run → **waveform** → sampler, auto-baud; knows no receiver.
 */
import type { LineRun } from '../serial-line.js';
import { bitTicks } from '../serial-line.js';
import { bitsPerCharacter } from '../../link/line-settings.js';
import type { Tick } from '../time.js';
import { parityBit } from './usart-settings.js';

/** Times are sums of fractional bit times: after a day they are off by a thousandth of a tick, and a bit may be as short as 16. */
const ROUNDING_BITS = 1e-3;

export type Level = 0 | 1;

interface Stretch {
  readonly run: LineRun;
  readonly bitTicks: number;
  readonly bitsPerCharacter: number;
  readonly bitCount: number;
  readonly endTick: Tick;
}

export interface Edge {
  readonly tick: Tick;
  readonly run: LineRun;
  /** Index in `run.bytes` of the character that the edge is part of. */
  readonly character: number;
  /** The edge begins a start bit as the sender meant it. */
  readonly isStart: boolean;
}

export class LineWaveform {
  #stretches: Stretch[] = [];
  /** Stretches before this one are done with. */
  #head = 0;

  add(run: LineRun): void {
    if (run.bytes.length === 0) return;
    const bits = bitsPerCharacter(run.format);
    const bitCount = run.bytes.length * bits;
    this.#stretches.push({
      run, bitTicks: bitTicks(run.format), bitsPerCharacter: bits, bitCount, endTick: run.startTick + bitCount * bitTicks(run.format),
    });
  }

  /** Drops what nobody will look at again: everything that ended before `tick`. */
  forget(tick: Tick): void {
    while ((this.#stretches[this.#head]?.endTick ?? Infinity) <= tick) this.#head++;
    // Now and then, so that a long row of short runs does not cost its square.
    if (this.#head * 2 <= this.#stretches.length) return;
    this.#stretches.splice(0, this.#head);
    this.#head = 0;
  }

  /** When the last character handed over so far has ended; undefined without any. */
  get endTick(): Tick | undefined {
    return this.#stretches.at(-1)?.endTick;
  }

  level(tick: Tick): Level {
    for (let index = this.#head; ; index++) {
      const stretch = this.#stretches[index];
      if (stretch === undefined || tick < stretch.run.startTick) return 1;
      if (tick < stretch.endTick) return bitAt(stretch, Math.floor((tick - stretch.run.startTick) / stretch.bitTicks));
    }
  }

  /** The first change of the line to `level` at or after `from`. */
  nextEdge(from: Tick, level: Level): Edge | undefined {
    for (let index = this.#head; ; index++) {
      const stretch = this.#stretches[index];
      if (stretch === undefined) return undefined;
      const edge = stretch.endTick < from ? undefined : edgeWithin(stretch, from, level);
      if (edge !== undefined) return edge;
    }
  }
}

function edgeWithin(stretch: Stretch, from: Tick, level: Level): Edge | undefined {
  const { run } = stretch;
  // An edge that `from` meets within rounding belongs to `from`.
  const first = Math.max(0, Math.ceil((from - run.startTick) / stretch.bitTicks - ROUNDING_BITS));
  for (let bit = first; bit < stretch.bitCount; bit++) {
    if (bitAt(stretch, bit) !== level || (bit === 0 ? 1 : bitAt(stretch, bit - 1)) === level) continue;
    const character = Math.floor(bit / stretch.bitsPerCharacter);
    return { tick: run.startTick + bit * stretch.bitTicks, run, character, isStart: bit % stretch.bitsPerCharacter === 0 };
  }
  return undefined;
}

/** Bit 0 of a character is its start bit; then eight data bits, the parity bit if any, stop bits. */
function bitAt(stretch: Stretch, bit: number): Level {
  const place = bit % stretch.bitsPerCharacter;
  if (place === 0) return 0;
  const { bytes, format } = stretch.run;
  const byte = bytes[(bit - place) / stretch.bitsPerCharacter] ?? 0xff;
  if (place <= 8) return ((byte >> (place - 1)) & 1) as Level;
  return place === 9 && format.parity !== 'none' ? parityBit(byte, format.parity) : 1;
}
