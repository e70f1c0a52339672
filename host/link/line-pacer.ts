/**
 * Sends no faster than the serial line behind the link can take it: what goes out in a burst fills the converter's buffer, and many
 * converters have 1 KiB of it and drop the rest.
 */
import type { ConverterRoom } from './converter-room.js';
import { lineTimeMs } from './line-settings.js';
import type { Link } from './link.js';

/** Where whole datagrams go out, a converter must hold one and a part of the next: what it bears cannot be told from what the network loses. */
const DATAGRAM_ROOM_BYTES = 960;

export class LinePacer {
  /** Whoever sees loss or a dry line tells it. */
  readonly room: ConverterRoom;
  readonly #link: Link;
  /** When the line will have sent everything handed over so far, in the link's time. */
  #freeAtMs = 0;
  /** Bytes handed over so far. */
  sentBytes = 0;

  constructor(link: Link, room: ConverterRoom) {
    this.#link = link;
    this.room = room;
  }

  /** While one burst goes out on the line the next one arrives. A datagram goes out whole. */
  get #burstBytes(): number {
    return this.#link.datagramBytes ?? Math.floor(this.room.bytes / 2);
  }

  /** When the next burst may go out. */
  get readyAtMs(): number {
    const aheadBytes = this.#link.datagramBytes === undefined ? this.room.bytes - this.#burstBytes : DATAGRAM_ROOM_BYTES - this.#link.datagramBytes;
    return this.#freeAtMs - lineTimeMs(aheadBytes, this.#link.line);
  }

  /** When the line will be idle if nothing more is sent. */
  get freeAtMs(): number {
    return Math.max(this.#freeAtMs, this.#link.now());
  }

  /** Hands over the next burst of `bytes` beginning at `from`, to be called when it is ready. Returns where the following one begins. */
  async sendBurst(bytes: Uint8Array, from: number): Promise<number> {
    const burst = bytes.subarray(from, from + this.#burstBytes);
    this.#freeAtMs = this.freeAtMs + lineTimeMs(burst.length, this.#link.line) / this.room.pace;
    this.sentBytes += burst.length;
    await this.#link.send(burst);
    return from + burst.length;
  }
}
