/** How long the frames of a stream are: as long as a link bears, shorter where bytes get lost in them, longer again when none do. */
import { bitsPerCharacter } from '../link/line-settings.js';
import type { Link } from '../link/link.js';
import { FRAME_OVERHEAD_BYTES, wireBytes } from '../protocol/frame.js';
import { masksFor } from '../protocol/masks.js';
import { LIMITS } from '../protocol/wire.js';

/** A frame never takes longer than this on the line, nor is it larger than FULL_PAYLOAD_BYTES without need. */
const FRAME_TIME_S = 2.4;
const FULL_PAYLOAD_BYTES = 4096;
/** After this much sent without loss, frames grow again. */
const GROW_AFTER_BYTES = 65_536;
const UNIT = LIMITS.unitBytes.value;

type FrameCarrier = Pick<Link, 'line' | 'datagramBytes' | 'hasXonXoff'>;

/** Payload of a DATA frame on this link, when nothing is lost. Where messages stay whole, a frame is one of them. */
export function fullPayloadBytes(carrier: FrameCarrier): number {
  const { line, datagramBytes = Infinity } = carrier;
  const inTimeBytes = (line.baudRate / bitsPerCharacter(line)) * FRAME_TIME_S;
  const mostBytes = Math.min(FULL_PAYLOAD_BYTES, inTimeBytes, datagramBytes - FRAME_OVERHEAD_BYTES);
  const units = Math.floor(mostBytes / UNIT);
  const fitting = wireBytes(units * UNIT, masksFor(carrier)) > datagramBytes ? units - 1 : units;
  return Math.max(UNIT, fitting * UNIT);
}

/** Bytes on the wire for a stream of this length, when nothing is lost. */
export function framedBytes(streamBytes: number, link: FrameCarrier): number {
  const [fullBytes, masks] = [fullPayloadBytes(link), masksFor(link)];
  const rest = streamBytes % fullBytes;
  return Math.floor(streamBytes / fullBytes) * wireBytes(fullBytes, masks) + (rest > 0 ? wireBytes(rest, masks) : 0);
}

export class FrameSize {
  readonly #link: FrameCarrier;
  #payloadBytes: number;
  #bytesSinceLoss = 0;
  /** The first frame is short: the stub begins to erase while the rest is on its way. */
  #hasBegun = false;

  constructor(link: FrameCarrier) {
    this.#link = link;
    this.#payloadBytes = fullPayloadBytes(link);
  }

  /** Of the next frame, at most. The line may be slower than it was. */
  get payloadBytes(): number {
    this.#payloadBytes = Math.min(this.#payloadBytes, fullPayloadBytes(this.#link));
    return this.#hasBegun ? this.#payloadBytes : UNIT;
  }

  sent(lengthBytes: number): void {
    this.#hasBegun = true;
    this.#bytesSinceLoss += lengthBytes;
    if (this.#bytesSinceLoss < GROW_AFTER_BYTES) return;
    this.#payloadBytes *= 2;
    this.#bytesSinceLoss = 0;
  }

  /** Bytes within frames were lost or changed. */
  damaged(): void {
    this.#payloadBytes = Math.max(UNIT, Math.floor(this.#payloadBytes / 2 / UNIT) * UNIT);
    this.#bytesSinceLoss = 0;
  }
}
