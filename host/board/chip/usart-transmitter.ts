/**
 * The sending half of a USART: TDR or the transmit FIFO, the shift register, and the line at the exact bit rate.
 * program or DMA → **transmitter** → runs of finished characters; knows no pins and no registers.
 */
import type { LineSettings } from '../../link/line-settings.js';
import { characterTicks } from '../serial-line.js';
import type { Tick } from '../time.js';
import { FIFO_DEPTH } from './usart-registers.js';
import type { UsartSettings } from './usart-settings.js';
import { frameTicks, lineFormat, parityBit } from './usart-settings.js';

/** The USART around the transmitter. */
export interface TransmitterHost {
  settings(): UsartSettings;
  /** There is something to send, after there was nothing. */
  begin(): void;
  /** The next byte from DMA, if a stream serves the request. */
  fetch(tick: Tick): number | undefined;
  /** Characters that have left the shift register, back to back. */
  emit(bytes: Uint8Array, startTick: Tick, format: LineSettings): void;
  /** A character of a frame that the line cannot carry begins. */
  refuse(tick: Tick): void;
}

/** Characters without a gap between them. Times are multiples of one origin, so that they do not depend on how time is sliced. */
interface Burst {
  readonly startTick: Tick;
  readonly spacingTicks: number;
  /** Undefined: the line cannot carry it. */
  readonly format: LineSettings | undefined;
  readonly settings: UsartSettings;
  finished: number;
  emitted: number;
}

export class UsartTransmitter {
  /** ISR.TC. */
  isComplete = true;

  readonly #host: TransmitterHost;
  #depth = 1;
  #queue: { readonly word: number; readonly tick: Tick }[] = [];
  #shifting: number | undefined;
  #burst: Burst | undefined;
  #finished: number[] = [];
  #lineFreeAt: Tick = 0;

  constructor(host: TransmitterHost) {
    this.#host = host;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get isFull(): boolean {
    return this.#queue.length >= this.#depth;
  }

  /** Something would be lost if it stopped now. */
  get isSending(): boolean {
    return this.#shifting !== undefined || this.#queue.length > 0;
  }

  /** Back to an empty, complete transmitter, as UE = 0 does. */
  configure(fifoEnabled: boolean): void {
    this.#depth = fifoEnabled ? FIFO_DEPTH : 1;
    this.stop();
    this.isComplete = true;
  }

  /** TE was set: an idle frame goes first (RM0433 §48). */
  start(tick: Tick): void {
    this.#lineFreeAt = tick + frameTicks(this.#host.settings());
  }

  /** TE was cleared: the character in the shift register and all behind it are gone. */
  stop(): void {
    this.#queue = [];
    this.#shifting = undefined;
    this.#burst = undefined;
  }

  /** RQR.TXFRQ: the character in the shift register goes on. */
  flush(): void {
    this.#queue = [];
  }

  /** A store to TDR. Full: the newest character is replaced and false returned. */
  push(word: number, tick: Tick): boolean {
    if (!this.isSending) this.#host.begin();
    const hadRoom = !this.isFull;
    if (!hadRoom) this.#queue.pop();
    this.#queue.push({ word, tick });
    this.isComplete = false;
    return hadRoom;
  }

  /** DMA may have something that it did not have before. */
  request(tick: Tick): void {
    this.#refill(tick);
    this.advance(tick);
  }

  advance(tick: Tick): void {
    if (tick < this.next()) return;
    while (this.#finishCharacter(tick) || this.#beginCharacter(tick)) continue;
    this.#emit();
  }

  /** When the shift register is next free, or taken; Infinity when nothing is to be sent. */
  next(): Tick {
    if (this.#shifting !== undefined && this.#burst !== undefined) return endOfCharacter(this.#burst);
    const head = this.#queue[0];
    return head === undefined || this.#host.settings().baudRate === 0 ? Infinity : Math.max(this.#lineFreeAt, head.tick);
  }

  #refill(tick: Tick): void {
    while (!this.isFull) {
      const byte = this.#host.fetch(tick);
      if (byte === undefined) return;
      this.push(byte, tick);
    }
  }

  #finishCharacter(tick: Tick): boolean {
    const burst = this.#burst;
    if (this.#shifting === undefined || burst === undefined || endOfCharacter(burst) > tick) return false;
    this.#lineFreeAt = endOfCharacter(burst);
    this.#finished.push(this.#shifting);
    this.#shifting = undefined;
    burst.finished++;
    this.#refill(this.#lineFreeAt);
    if (this.#queue.length === 0) this.isComplete = true;
    return true;
  }

  #beginCharacter(tick: Tick): boolean {
    const settings = this.#host.settings();
    const head = this.#queue[0];
    if (this.#shifting !== undefined || head === undefined || settings.baudRate === 0) return false;
    const startTick = Math.max(this.#lineFreeAt, head.tick);
    if (startTick > tick) return false;
    this.#queue.shift();
    if (this.#burst === undefined || startTick !== this.#lineFreeAt || this.#burst.settings !== settings) this.#beginBurst(startTick, settings);
    if (this.#burst?.format === undefined) this.#host.refuse(startTick);
    this.#shifting = byteOnLine(head.word, settings);
    this.#refill(startTick);
    return true;
  }

  #beginBurst(startTick: Tick, settings: UsartSettings): void {
    this.#emit();
    const format = lineFormat(settings);
    const spacingTicks = format === undefined ? frameTicks(settings) : characterTicks(format);
    this.#burst = { startTick, spacingTicks, format, settings, finished: 0, emitted: 0 };
  }

  #emit(): void {
    const burst = this.#burst;
    if (burst === undefined || this.#finished.length === 0) return;
    if (burst.format !== undefined) {
      this.#host.emit(Uint8Array.from(this.#finished), burst.startTick + burst.emitted * burst.spacingTicks, burst.format);
    }
    burst.emitted = burst.finished;
    this.#finished = [];
  }
}

function endOfCharacter(burst: Burst): Tick {
  return burst.startTick + (burst.finished + 1) * burst.spacingTicks;
}

/** The eight bits after the start bit. The hardware puts its parity over the most significant bit of the word. */
function byteOnLine(word: number, settings: UsartSettings): number {
  if (settings.wordBits !== 8 || settings.parity === 'none') return word & 0xff;
  return (word & 0x7f) | (parityBit(word & 0x7f, settings.parity) << 7);
}
