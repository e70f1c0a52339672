/**
 * Which pieces of the stream have been sent, which have come, which are lost. Pure bookkeeping in units of the wire.
 *
 * Everything that is sent gets the next number. The line keeps the order, so when something has come, whatever was sent before it and
 * has not come is lost (PROTOCOL.md §5). Where the network does not, a few may be late.
 */
import { LIMITS } from '../protocol/wire.js';

const UNIT = LIMITS.unitBytes.value;

/** A run of the stream; offsets and lengths in bytes, multiples of the unit. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
}

interface Transmission extends Piece {
  readonly number: number;
}

export class Transmissions {
  readonly #come: Uint8Array;
  readonly #overtaking: number;
  #inFlight: Transmission[] = [];
  #lost: Piece[] = [];
  #next = 0;
  #number = 0;
  /** Bytes that had to be sent again. */
  repeatedBytes = 0;
  readonly #polls = new Map<number, number>();

  /**
   * @param lengthBytes of the whole stream, a multiple of the unit
   * @param overtaking by so many later ones a transmission may be overtaken without being lost
   */
  constructor(lengthBytes: number, overtaking = 0) {
    this.#overtaking = overtaking;
    this.#come = new Uint8Array(lengthBytes / UNIT);
  }

  /** Everything has been sent at least once, or has come before, and nothing is known to be lost. */
  get isAllSent(): boolean {
    return this.#lost.length === 0 && this.#next === this.#come.length * UNIT;
  }

  get hasLost(): boolean {
    return this.#lost.length > 0;
  }

  /** Everything before has been sent at least once. */
  get nextOffset(): number {
    return this.#next;
  }

  /** The next piece to send: what is lost first, then what is new below `limit`; at most `maxBytes`. Undefined when there is none. */
  take(maxBytes: number, limit: number): Piece | undefined {
    const lost = this.#lost.shift();
    if (lost !== undefined) {
      if (lost.length > maxBytes) this.#lost.unshift({ offset: lost.offset + maxBytes, length: lost.length - maxBytes });
      const piece = { offset: lost.offset, length: Math.min(lost.length, maxBytes) };
      this.repeatedBytes += piece.length;
      return this.#sent(piece);
    }
    // A stub that outlived an earlier process has much of it already.
    while (this.#come[this.#next / UNIT] === 1) this.#next += UNIT;
    const end = Math.min(this.#next + maxBytes, this.#come.length * UNIT, Math.floor(limit / UNIT) * UNIT);
    if (end <= this.#next) return undefined;
    const piece = { offset: this.#next, length: end - this.#next };
    this.#next = end;
    return this.#sent(piece);
  }

  /** A POLL goes out: when it is answered, everything sent before it has come or is lost. */
  poll(request: number): void {
    this.#polls.set(request, this.#number++);
  }

  /**
   * What a PROGRESS says.
   * @param received everything before this offset has come
   * @param map the units behind it, bit by bit
   * @param poll the last POLL that the stub has seen
   * @returns bytes newly known to be lost
   */
  acknowledge(received: number, map: Uint8Array, poll: number): number {
    this.#come.fill(1, 0, Math.min(received / UNIT, this.#come.length));
    map.forEach((byte, at) => {
      for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) this.#come[received / UNIT + 8 * at + bit] = 1;
    });
    const arrived = this.#inFlight.reduce((number, sent) => (this.#hasCome(sent) ? Math.max(number, sent.number) : number), -1);
    // Behind a POLL there was time for everybody to come.
    const newest = Math.max(arrived - this.#overtaking, this.#polls.get(poll) ?? -1);
    const decided = this.#inFlight.filter((sent) => sent.number <= newest);
    this.#inFlight = this.#inFlight.filter((sent) => sent.number > newest);
    const lost = decided.flatMap((sent) => this.#missingIn(sent));
    this.#lost.push(...lost);
    return lost.reduce((sum, piece) => sum + piece.length, 0);
  }

  #sent(piece: Piece): Piece {
    this.#inFlight.push({ ...piece, number: this.#number++ });
    return piece;
  }

  #hasCome(piece: Piece): boolean {
    return this.#come.subarray(piece.offset / UNIT, (piece.offset + piece.length) / UNIT).every((come) => come === 1);
  }

  /** The runs of a piece that have not come. */
  #missingIn(piece: Piece): Piece[] {
    const runs: Piece[] = [];
    for (let offset = piece.offset; offset < piece.offset + piece.length; offset += UNIT) {
      if (this.#come[offset / UNIT] === 1) continue;
      const last = runs.at(-1);
      if (last !== undefined && last.offset + last.length === offset) runs[runs.length - 1] = { offset: last.offset, length: last.length + UNIT };
      else runs.push({ offset, length: UNIT });
    }
    return runs;
  }
}
