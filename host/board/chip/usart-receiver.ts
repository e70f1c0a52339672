/**
 * The receiving half of a USART: from the waveform on its pins to characters, in the order in which they complete.
 * waveform → **receiver** → receive buffer; knows no registers, no FIFO, no DMA.
 *
 * Nothing happens per character while time passes: `advance` catches up with everything that completed until then.
 */
import type { LineRun } from '../serial-line.js';
import { bitTicks } from '../serial-line.js';
import { bitsPerCharacter } from '../../link/line-settings.js';
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';
import type { SerialViolationName } from './serial-violations.js';
import { reportSerial } from './serial-violations.js';
import { measureBaud } from './usart-autobaud.js';
import { ISR } from './usart-registers.js';
import { completionTicks, sampleCharacter } from './usart-sampler.js';
import type { UsartSettings } from './usart-settings.js';
import { compareFormat, describeLine, describeSettings, frameTicks } from './usart-settings.js';
import type { Edge } from './usart-waveform.js';
import { LineWaveform } from './usart-waveform.js';

/** Consecutive characters of a run that came through unharmed. */
export interface CleanCharacters {
  readonly run: LineRun;
  readonly first: number;
  readonly count: number;
  completesAt(index: number): Tick;
}

/** The USART around the receiver. */
export interface ReceiverHost {
  readonly name: string;
  readonly violations: Violations;
  settings(): UsartSettings;
  /** The settings as they would be with another USARTDIV. */
  settingsAt(divider: number): UsartSettings;
  /** Auto-baud has found a bit rate, at `tick`. */
  setDivider(divider: number, tick: Tick): void;
  receiveClean(characters: CleanCharacters): void;
  receiveSampled(word: number, errors: number, tick: Tick): void;
}

interface Arrival {
  readonly edge: Edge;
  readonly completesAt: Tick;
  /** Undefined for a character that needs no sampling. */
  readonly sampled: { readonly word: number; readonly errors: number } | undefined;
  /** What auto-baud makes of it, where it was armed. */
  readonly measured: { readonly divider: number | undefined; readonly isPlausible: boolean } | undefined;
}

export class UsartReceiver {
  /** IDLE, RTOF, ABRF and ABRE at their ISR positions. */
  flags = 0;
  /** ABRMODE while auto-baud waits for a character. */
  armedMode: number | undefined;

  readonly #host: ReceiverHost;
  readonly #waveforms: ReadonlyMap<string, LineWaveform>;
  #pin: string | undefined;
  /** Of `#pin`; undefined while deaf. */
  #waveform: LineWaveform | undefined;
  /** Listening for a start bit from here on. */
  #huntFrom: Tick = 0;
  #advancedTo: Tick = 0;
  /** End of the last frame, or the time at which listening began. */
  #quietSince: Tick = 0;
  #idlePending = false;
  #timeoutPending = false;
  #accusedFormat: string | undefined;

  constructor(host: ReceiverHost, pins: readonly string[]) {
    this.#host = host;
    this.#waveforms = new Map(pins.map((pin) => [pin, new LineWaveform()]));
  }

  lineIn(pin: string, run: LineRun): void {
    this.#waveforms.get(pin)?.add(run);
  }

  /** RE or UE was set: a character that is on the line at `tick` is not known as one. */
  listenFrom(tick: Tick): void {
    this.#huntFrom = tick;
    this.#quietSince = tick;
    this.#idlePending = true;
    this.#timeoutPending = false;
    this.#accusedFormat = undefined;
  }

  /** Arms or disarms auto-baud; edges before `tick` do not count. */
  arm(mode: number | undefined, tick: Tick): void {
    this.armedMode = mode;
    if (mode === undefined) return;
    this.flags &= ~(ISR.ABRF | ISR.ABRE);
    this.#huntFrom = Math.max(this.#huntFrom, tick);
  }

  /** Receives what completes until `tick` on `pin`; undefined: deaf since the last call. */
  advance(tick: Tick, pin: string | undefined): void {
    if (pin !== this.#pin) this.#switchTo(pin);
    this.#advancedTo = Math.max(this.#advancedTo, tick);
    if (pin === undefined) {
      this.#huntFrom = Math.max(this.#huntFrom, tick);
      this.#quietSince = this.#huntFrom;
    } else {
      while (this.#receiveNext(tick)) continue;
    }
    for (const waveform of this.#waveforms.values()) waveform.forget(waveform === this.#waveform ? this.#huntFrom : tick);
  }

  /** A start bit has begun and its character is not complete. */
  isBusy(tick: Tick): boolean {
    const edge = this.#waveform?.nextEdge(this.#huntFrom, 0);
    return edge !== undefined && edge.tick <= tick;
  }

  /** When the next character completes or a silence is noticed; Infinity: not with what is on the line. */
  next(): Tick {
    const waveform = this.#waveform;
    if (waveform === undefined) return Infinity;
    const silence = Math.min(this.#idleAt(), this.#timeoutAt());
    const edge = waveform.nextEdge(this.#huntFrom, 0);
    if (edge === undefined) return silence;
    const settings = this.#host.settings();
    if (silence <= edge.tick || this.#accusation(edge, settings) !== undefined) return Math.min(silence, edge.tick);
    return this.#arrivalFrom(edge, settings)?.completesAt ?? Infinity;
  }

  #switchTo(pin: string | undefined): void {
    this.#pin = pin;
    this.#waveform = pin === undefined ? undefined : this.#waveforms.get(pin);
    this.#huntFrom = Math.max(this.#huntFrom, this.#advancedTo);
    this.#quietSince = this.#huntFrom;
  }

  #receiveNext(tick: Tick): boolean {
    const edge = this.#waveform?.nextEdge(this.#huntFrom, 0);
    this.#noticeSilence(Math.min(edge?.tick ?? Infinity, tick));
    if (edge === undefined || edge.tick > tick) return false;
    const settings = this.#host.settings();
    this.#accuse(edge, settings);
    const arrival = this.#arrivalFrom(edge, settings);
    if (arrival === undefined || arrival.completesAt > tick) return false;
    if (arrival.sampled === undefined) this.#pass(arrival.edge, tick, settings);
    else this.#deliver(arrival, arrival.sampled);
    this.#waveform?.forget(this.#huntFrom);
    return true;
  }

  /** The first character that begins at `edge` or later; spikes are skipped. */
  #arrivalFrom(edge: Edge, settings: UsartSettings): Arrival | undefined {
    const waveform = this.#waveform;
    if (waveform === undefined || settings.baudRate === 0) return undefined;
    if (this.armedMode !== undefined) return this.#measuredArrival(waveform, edge, this.armedMode, settings);
    for (let start: Edge | undefined = edge; start !== undefined; start = waveform.nextEdge(start.tick + settings.bitTicks / 2, 0)) {
      if (start.isStart && compareFormat(settings, start.run.format) === 'fits') {
        return { edge: start, completesAt: cleanCompletion(start.run, start.character, settings), sampled: undefined, measured: undefined };
      }
      const sampled = sampleCharacter(waveform, start.tick, settings);
      if (sampled !== undefined) return { edge: start, completesAt: sampled.completesAt, sampled, measured: undefined };
    }
    return undefined;
  }

  #measuredArrival(waveform: LineWaveform, edge: Edge, mode: number, settings: UsartSettings): Arrival {
    const measured = measureBaud(waveform, edge.tick, mode, settings);
    const found = measured.divider === undefined ? settings : this.#host.settingsAt(measured.divider);
    const sampled = sampleCharacter(waveform, edge.tick, found) ?? { word: 0, errors: ISR.FE, completesAt: edge.tick + found.bitTicks };
    return {
      edge,
      completesAt: Math.max(measured.decidedAt, sampled.completesAt),
      // A measurement without success comes with RXNE and FE (RM0433 §48, ABRF).
      sampled: measured.isPlausible ? sampled : { word: sampled.word, errors: sampled.errors | ISR.FE },
      measured,
    };
  }

  /** Hands over the character at `edge` and all that follow it in the same run and complete until `tick`. */
  #pass(edge: Edge, tick: Tick, settings: UsartSettings): void {
    const { run, character: first } = edge;
    const completesAt = (index: number): Tick => cleanCompletion(run, index, settings);
    const spacing = completesAt(first + 1) - completesAt(first);
    let count = Math.min(run.bytes.length - first, Math.floor((tick - completesAt(first)) / spacing) + 1);
    // The quotient may round across a character; what counts is the sum that any other slicing of time computes.
    while (count > 1 && completesAt(first + count - 1) > tick) count--;
    while (first + count < run.bytes.length && completesAt(first + count) <= tick) count++;
    const last = first + count - 1;
    this.#endFrame(completesAt(last), completesAt(last) - completionTicks(settings) + frameTicks(settings));
    this.#host.receiveClean({ run, first, count, completesAt });
  }

  #deliver(arrival: Arrival, sampled: { readonly word: number; readonly errors: number }): void {
    if (arrival.measured !== undefined) {
      if (arrival.measured.divider !== undefined) this.#host.setDivider(arrival.measured.divider, arrival.completesAt);
      this.flags |= ISR.ABRF | (arrival.measured.isPlausible ? 0 : ISR.ABRE);
      this.armedMode = undefined;
    }
    this.#endFrame(arrival.completesAt, arrival.edge.tick + frameTicks(this.#host.settings()));
    this.#host.receiveSampled(sampled.word, sampled.errors, arrival.completesAt);
  }

  #endFrame(completesAt: Tick, frameEnd: Tick): void {
    this.#huntFrom = completesAt;
    this.#quietSince = frameEnd;
    this.#idlePending = true;
    this.#timeoutPending = true;
  }

  #idleAt(): Tick {
    return this.#idlePending ? this.#quietSince + frameTicks(this.#host.settings()) : Infinity;
  }

  #timeoutAt(): Tick {
    const { timeoutBits, bitTicks: bit } = this.#host.settings();
    return this.#timeoutPending && timeoutBits !== Infinity ? this.#quietSince + timeoutBits * bit : Infinity;
  }

  /** The line was quiet until `until`. Each silence raises its flag once per received character. */
  #noticeSilence(until: Tick): void {
    if (this.#idleAt() <= until) {
      this.flags |= ISR.IDLE;
      this.#idlePending = false;
    }
    if (this.#timeoutAt() <= until) {
      this.flags |= ISR.RTOF;
      this.#timeoutPending = false;
    }
  }

  #accuse(edge: Edge, settings: UsartSettings): void {
    const accusation = this.#accusation(edge, settings);
    if (accusation === undefined) return;
    this.#accusedFormat = accusation.text;
    reportSerial(this.#host.violations, accusation.name, accusation.text, edge.tick);
  }

  /** What is to be said about the line at `edge`; once per format and stretch of listening: a megabyte of garbage is one mistake. */
  #accusation(edge: Edge, settings: UsartSettings): { readonly name: SerialViolationName; readonly text: string } | undefined {
    const verdict = this.armedMode === undefined ? compareFormat(settings, edge.run.format) : 'fits';
    if (verdict === 'fits') return undefined;
    const text = `the line sends ${describeLine(edge.run.format)}, ${this.#host.name} listens at ${describeSettings(settings)}`;
    return text === this.#accusedFormat ? undefined : { name: verdict === 'baud' ? 'usart-baud-mismatch' : 'usart-frame-mismatch', text };
  }
}

function cleanCompletion(run: LineRun, index: number, settings: UsartSettings): Tick {
  return run.startTick + index * bitsPerCharacter(run.format) * bitTicks(run.format) + completionTicks(settings);
}
