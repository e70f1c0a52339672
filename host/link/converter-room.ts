/**
 * How many bytes may wait in the converter for the line: as few as the smallest converters hold, until the line is seen to run dry; fewer where
 * they are seen to get lost. A value that learns; it owns no clock.
 *
 * What counts is the converter's buffer, not what is on its way through the network: whoever sends at the pace of the line fills it by what arrives
 * in a bunch, which is the network's jitter times the bit rate.
 */
import { bitsPerCharacter, type LineSettings } from './line-settings.js';

/** Small converters hold 512 bytes, common ones 1 KiB, and few say which (field-notes.md §1). */
const SURE_BYTES = 480;
const MOST_BYTES = 960;
const LEAST_BYTES = 128;
/** Where jitter alone fills the buffer only a slower pace helps: how much slower after a loss, faster again after a while without, and at the most. */
const SLOWER = 0.7;
const FASTER = 1.1;
const SLOWEST = 1 / 16;
/** A host wakes up a few milliseconds late: a fast line wants so much in store. */
const STORE_S = 0.01;

export class ConverterRoom {
  #bytes: number;
  #mostBytes = MOST_BYTES;
  /** Of the line's rate. */
  pace = 1;

  constructor(line: LineSettings) {
    this.#bytes = Math.min(MOST_BYTES, Math.max(SURE_BYTES, Math.ceil((line.baudRate / bitsPerCharacter(line)) * STORE_S)));
  }

  /** What may stand there, the burst that has just arrived included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes got lost between network and line: it holds less than that. */
  overflowed(): void {
    if (this.#bytes <= 2 * LEAST_BYTES) this.pace = Math.max(SLOWEST, this.pace * SLOWER);
    this.#mostBytes = Math.max(LEAST_BYTES, Math.floor(this.#bytes * 0.75));
    this.#bytes = Math.max(LEAST_BYTES, Math.floor(this.#bytes / 2));
  }

  /** Nothing came through at all: perhaps because it holds that little. */
  mayHaveOverflowed(): void {
    this.#bytes = Math.max(LEAST_BYTES, Math.floor(this.#bytes / 2));
  }

  /** For some seconds nothing got lost. */
  flowed(): void {
    this.pace = Math.min(1, this.pace * FASTER);
  }

  /** The line stood still while there was something to send. */
  ranDry(): void {
    if (this.pace === 1) this.#bytes = Math.min(this.#mostBytes, Math.ceil(this.#bytes * 1.5));
  }
}
