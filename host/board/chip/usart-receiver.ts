/**
 * The receiving half of a USART: from the waveform on its pins to characters, in the order in which they complete.
 * waveform → **receiver** → receive buffer; knows no registers, no FIFO, no DMA.
 *
 * Nothing happens per character while time passes: `advance` catches up with everything that completed until then.
 */
import type { LineRun } from '../serial-line.js';
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';
import type { SerialViolationName } from './serial-violations.js';
import { reportSerial } from './serial-violations.js';
import { measureBaud } from './usart-autobaud.js';
import { CleanRun } from './usart-clean-run.js';
import { ISR } from './usart-registers.js';
import { completionTicks, sampleCharacter } from './usart-sampler.js';
import type { UsartSettings } from './usart-settings.js';
import { compareFormat, describeLine, describeSettings, frameTicks } from './usart-settings.js';
import type { Edge } from './usart-waveform.js';
import { LineWaveform } from './usart-waveform.js';

/** The USART around the receiver. */
export interface ReceiverHost {
  readonly name: string;
  readonly violations: Violations;
  settings(): UsartSettings;
  /** The settings as they would be with another USARTDIV. */
  settingsAt(divider: number): UsartSettings;
  /** Auto-baud has found a bit rate, at `tick`. */
  setDivider(divider: number, tick: Tick): void;
  /** Consecutive characters of a run came through unharmed. */
  receiveClean(run: CleanRun, first: number, count: number): void;
  receiveSampled(word: number, errors: number, tick: Tick): void;
}

interface Sampled {
  readonly word: number;
  readonly errors: number;
}

interface Arrival {
  readonly edge: Edge;
  readonly completesAt: Tick;
  /** A clean run needs no sampling. */
  readonly heard: CleanRun | Sampled;
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
  /** Where the last clean character left off: until somebody arms, deafens or sets up anew, the next one of its run is clean too. */
  #cleanRun: CleanRun | undefined;
  #cleanIndex = 0;
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
    this.#cleanRun = undefined;
    this.#huntFrom = tick;
    this.#quietSince = tick;
    this.#idlePending = true;
    this.#timeoutPending = false;
    this.#accusedFormat = undefined;
  }

  /** Arms or disarms auto-baud; edges before `tick` do not count. */
  arm(mode: number | undefined, tick: Tick): void {
    this.armedMode = mode;
    this.#cleanRun = undefined;
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
    if (this.#cleanRun === undefined) this.#forgetWhatPassed(tick);
  }

  #forgetWhatPassed(tick: Tick): void {
    for (const waveform of this.#waveforms.values()) waveform.forget(waveform === this.#waveform ? this.#huntFrom : tick);
  }

  /** A start bit has begun and its character is not complete. */
  isBusy(tick: Tick): boolean {
    if (this.#cleanRun !== undefined) return this.#cleanRun.startsAt(this.#cleanIndex) <= tick;
    const edge = this.#waveform?.nextEdge(this.#huntFrom, 0);
    return edge !== undefined && edge.tick <= tick;
  }

  /** When the next character completes or a silence is noticed; Infinity: not with what is on the line. */
  next(): Tick {
    const waveform = this.#waveform;
    if (waveform === undefined) return Infinity;
    const settings = this.#host.settings();
    if (this.#cleanRun?.settings === settings) return this.#cleanRun.completesAt(this.#cleanIndex);
    const silence = Math.min(this.#idleAt(), this.#timeoutAt());
    const edge = waveform.nextEdge(this.#huntFrom, 0);
    if (edge === undefined) return silence;
    if (silence <= edge.tick || this.#accusation(edge, settings) !== undefined) return Math.min(silence, edge.tick);
    return this.#arrivalFrom(edge, settings)?.completesAt ?? Infinity;
  }

  /** When the line falls silent after what is on it at `tick`; Infinity: it is. */
  nextSilence(tick: Tick): Tick {
    const endTick = this.#waveform?.endTick ?? 0;
    return endTick > tick ? endTick : Infinity;
  }

  #switchTo(pin: string | undefined): void {
    this.#pin = pin;
    this.#cleanRun = undefined;
    this.#waveform = pin === undefined ? undefined : this.#waveforms.get(pin);
    this.#huntFrom = Math.max(this.#huntFrom, this.#advancedTo);
    this.#quietSince = this.#huntFrom;
  }

  #receiveNext(tick: Tick): boolean {
    const settings = this.#host.settings();
    if (this.#cleanRun?.settings === settings) return this.#pass(this.#cleanRun, this.#cleanIndex, tick);
    this.#cleanRun = undefined;
    const edge = this.#waveform?.nextEdge(this.#huntFrom, 0);
    this.#noticeSilence(Math.min(edge?.tick ?? Infinity, tick));
    if (edge === undefined || edge.tick > tick) return false;
    this.#accuse(edge, settings);
    const arrival = this.#arrivalFrom(edge, settings);
    if (arrival === undefined || arrival.completesAt > tick) return false;
    if (arrival.heard instanceof CleanRun) this.#pass(arrival.heard, arrival.edge.character, tick);
    else this.#deliver(arrival, arrival.heard);
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
        const clean = new CleanRun(start.run, settings);
        return { edge: start, completesAt: clean.completesAt(start.character), heard: clean, measured: undefined };
      }
      const sampled = sampleCharacter(waveform, start.tick, settings);
      if (sampled !== undefined) return { edge: start, completesAt: sampled.completesAt, heard: sampled, measured: undefined };
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
      heard: measured.isPlausible ? sampled : { word: sampled.word, errors: sampled.errors | ISR.FE },
      measured,
    };
  }

  /** Hands over all characters from `first` on that complete until `tick`. @returns whether there were any */
  #pass(clean: CleanRun, first: number, tick: Tick): boolean {
    const count = clean.countComplete(first, tick);
    if (count === 0) return false;
    const { run, settings } = clean;
    const next = first + count;
    const completesAt = clean.completesAt(next - 1);
    this.#endFrame(completesAt, completesAt - completionTicks(settings) + frameTicks(settings));
    this.#cleanIndex = next;
    // Silence between two characters of a run is too short to be noticed, unless RTOR asks for less than the sender's stop bits.
    const goesOn = next < run.bytes.length && clean.startsAt(next) < this.#timeoutAt();
    this.#cleanRun = goesOn ? clean : undefined;
    this.#host.receiveClean(clean, first, count);
    return true;
  }

  #deliver(arrival: Arrival, sampled: Sampled): void {
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
