/**
 * A serial receiver outside the chip's peripherals: the ROM's and the converter's. A run in its own format passes unharmed; anything
 * else is sampled as the USART would, so that a wrong rate or parity garbles as it does on a bench.
 */
import type { LineSettings } from '../link/line-settings.js';
import { ISR } from './chip/usart-registers.js';
import { sampleCharacter } from './chip/usart-sampler.js';
import type { UsartSettings } from './chip/usart-settings.js';
import { compareFormat } from './chip/usart-settings.js';
import type { Edge } from './chip/usart-waveform.js';
import { LineWaveform } from './chip/usart-waveform.js';
import type { LineRun } from './serial-line.js';
import { bitTicks, characterTicks } from './serial-line.js';
import type { Tick } from './time.js';
import { TICKS_PER_SECOND } from './time.js';

export interface Character {
  readonly byte: number;
  /** The end of its stop bit. */
  readonly endTick: Tick;
  readonly error?: 'parity' | 'framing';
}

/** Times are sums of fractional bit times; two that differ by less are the same. After a day a tick has ten binary places left. */
const ROUNDING_TICKS = 0.05;

export class LineDecoder {
  readonly #waveform: LineWaveform;
  #receiver: UsartSettings;
  /** From here on the receiver hunts for a start bit. */
  #freeTick: Tick;

  /** @param fromTick the receiver is deaf before; `waveform` may know earlier and later runs. */
  constructor(settings: LineSettings, fromTick: Tick = 0, waveform: LineWaveform = new LineWaveform()) {
    this.#receiver = receiverFor(settings);
    this.#waveform = waveform;
    this.#freeTick = fromTick;
  }

  /** From the next character on. */
  set settings(settings: LineSettings) {
    this.#receiver = receiverFor(settings);
  }

  push(run: LineRun): void {
    this.#waveform.add(run);
  }

  /** The next character whose stop bit has ended by `untilTick`. */
  next(untilTick: Tick): Character | undefined {
    for (;;) {
      this.#waveform.forget(this.#freeTick + ROUNDING_TICKS);
      const edge = this.#waveform.nextEdge(this.#freeTick, 0);
      if (edge === undefined || edge.tick >= untilTick) return undefined;
      const fits = edge.isStart && compareFormat(this.#receiver, edge.run.format) === 'fits';
      const outcome = fits ? this.#passThrough(edge) : this.#sample(edge.tick);
      if (outcome.character === undefined) {
        this.#freeTick = outcome.freeTick;
        continue;
      }
      if (outcome.character.endTick > untilTick + ROUNDING_TICKS) return undefined;
      this.#freeTick = outcome.freeTick;
      return outcome.character;
    }
  }

  #passThrough({ run, tick, character }: Edge): Outcome {
    const endTick = tick + characterTicks(run.format);
    return { character: { byte: run.bytes[character] ?? 0, endTick }, freeTick: endTick };
  }

  #sample(startTick: Tick): Outcome {
    const sampled = sampleCharacter(this.#waveform, startTick, this.#receiver);
    if (sampled === undefined) return { freeTick: startTick + this.#receiver.bitTicks / 2 };
    const { word, errors, completesAt } = sampled;
    const error = (errors & ISR.FE) !== 0 ? 'framing' : (errors & ISR.PE) !== 0 ? 'parity' : undefined;
    const character = { byte: word & 0xff, endTick: completesAt };
    return { character: error === undefined ? character : { ...character, error }, freeTick: completesAt };
  }
}

interface Outcome {
  /** Undefined where the edge was only a spike. */
  readonly character?: Character;
  readonly freeTick: Tick;
}

function receiverFor(line: LineSettings): UsartSettings {
  return {
    clockHz: TICKS_PER_SECOND,
    baudRate: line.baudRate,
    bitTicks: bitTicks(line),
    oversampling: 16,
    wordBits: line.parity === 'none' ? 8 : 9,
    parity: line.parity,
    stopBits: line.stopBits,
    oneSample: false,
    timeoutBits: Infinity,
  };
}
