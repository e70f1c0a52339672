/** One session on the virtual board, measured where it cannot flatter itself: bytes at the UART model, time on the board's clock. */
import { parseBoardOptions } from '../board/board-options.js';
import { ticksToMs } from '../board/time.js';
import type { JobEvent } from '../events.js';
import { flashImage } from '../flash.js';
import type { Image } from '../image/image.js';
import { openSimLink } from '../link/sim-link.js';

export interface Measurement {
  /** From the first bit on the board's line to the last, before the board is reset. */
  readonly sessionMs: number;
  /** From the first bit on the board's line to the first DATA frame leaving the host; undefined with --direct. */
  readonly untilDataMs: number | undefined;
  readonly bytesToBoard: number;
  readonly bytesFromBoard: number;
}

/** @param board options of the virtual board, as in `sim:?rtt=…` */
export async function measureSession(image: Image, board: Readonly<Record<string, string>>, direct: boolean): Promise<Measurement> {
  const link = await openSimLink(parseBoardOptions(Object.entries(board)));
  const { traffic } = link.world;
  const phaseAtMs = new Map<string, number>();
  const watch = (event: JobEvent): void => {
    if (event.type === 'phase' && !phaseAtMs.has(event.phase)) phaseAtMs.set(event.phase, event.atMs);
  };
  try {
    await flashImage(image, link, { imagePath: image.source, to: 'sim:', direct, after: 'stay', events: watch });
    if (!isInFlash(image, link.world.board.chip.flash)) throw new Error('the virtual flash does not hold the image');
    const firstMs = ticksToMs(traffic.firstTick!);
    const streamMs = phaseAtMs.get('stream');
    return {
      sessionMs: ticksToMs(traffic.lastTick!) - firstMs,
      untilDataMs: direct || streamMs === undefined ? undefined : streamMs - firstMs,
      bytesToBoard: traffic.bytesToBoard,
      bytesFromBoard: traffic.bytesFromBoard,
    };
  } finally {
    await link.close();
  }
}

/** No look at the flash may reach from one bank into the other. */
const LOOK_BYTES = 0x2000;

function isInFlash(image: Image, flash: { peek(address: number, lengthBytes: number): Uint8Array }): boolean {
  return image.segments.every(({ address, bytes }) => {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + LOOK_BYTES - ((address + at) % LOOK_BYTES));
      if (Buffer.compare(flash.peek(address + at, end - at), bytes.subarray(at, end)) !== 0) return false;
      at = end;
    }
    return true;
  });
}
