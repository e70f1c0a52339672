/** One session on the virtual board, measured where it cannot flatter itself: bytes at the UART model, time on the board's clock. */
import { blobOf, readManifest } from '../blobs/manifest.js';
import { parseBoardOptions } from '../board/board-options.js';
import { ticksToMs } from '../board/time.js';
import type { Packer } from '../codec/packer.js';
import type { JobEvent } from '../events.js';
import type { FlashOptions } from '../flash-options.js';
import { flashImage } from '../flash.js';
import type { Image } from '../image/image.js';
import { openSimLink } from '../link/sim-link.js';

const CODEC_BYTES = blobOf(readManifest(), 'codec').bytes.length;

export interface Measurement {
  /** From the first bit on the board's line to the last, before the board is reset. */
  readonly sessionMs: number;
  /** From the first bit on the board's line to the first DATA frame leaving the host; undefined with --direct. */
  readonly untilDataMs: number | undefined;
  /** What the dry run would have said when the plan was made; undefined with --direct. */
  readonly estimatedMs: number | undefined;
  readonly bytesToBoard: number;
  readonly bytesFromBoard: number;
  /** Both ways, from the survey on: what the image costs; loader, stub and codec not counted. */
  readonly bytesWithStub: number;
}

export interface Circumstances {
  readonly options?: Partial<FlashOptions>;
  /** What the flash holds before. */
  readonly held?: Image;
  /** Does the host know that? @default false */
  readonly isHeldKnown?: boolean;
  readonly packer?: Packer;
}

/** @param board options of the virtual board, as in `sim:?rtt=…` */
export async function measureSession(image: Image, board: Readonly<Record<string, string>>, { options = {}, held, isHeldKnown = false, packer }: Circumstances = {}): Promise<Measurement> {
  const link = await openSimLink(parseBoardOptions(Object.entries(board)));
  const { traffic, board: { chip } } = link.world;
  if (held !== undefined) chip.flash.load(flashHolding(held, chip.flash.snapshot()));
  const phaseAtMs = new Map<string, number>();
  let bytesBeforeStub = 0;
  const watch = (event: JobEvent): void => {
    if (event.type !== 'phase' || phaseAtMs.has(event.phase)) return;
    phaseAtMs.set(event.phase, event.atMs);
    if (event.phase === 'survey') bytesBeforeStub = traffic.bytesToBoard + traffic.bytesFromBoard;
  };
  try {
    const { details } = await flashImage(image, link, { imagePath: image.source, to: 'sim:', after: 'stay', ...options, events: watch }, { ...(held && isHeldKnown && { base: held }), ...(packer && { packer }) });
    if (!isInFlash(image, chip.flash)) throw new Error('the virtual flash does not hold the image');
    const firstMs = ticksToMs(traffic.firstTick!);
    const streamMs = phaseAtMs.get('stream');
    const estimate = details.ways?.find(({ isChosen }) => isChosen);
    const isPacked = estimate !== undefined && estimate.name !== 'stored';
    return {
      sessionMs: ticksToMs(traffic.lastTick!) - firstMs,
      untilDataMs: options.direct || streamMs === undefined ? undefined : streamMs - firstMs,
      estimatedMs: estimate && estimate.seconds * 1000,
      bytesToBoard: traffic.bytesToBoard,
      bytesFromBoard: traffic.bytesFromBoard,
      bytesWithStub: traffic.bytesToBoard + traffic.bytesFromBoard - bytesBeforeStub - (isPacked ? CODEC_BYTES : 0),
    };
  } finally {
    await link.close();
  }
}

/** Of a part with two banks of 1 MiB, whose raw image has an address for each byte. */
function flashHolding(image: Image, flash: Uint8Array): Uint8Array {
  for (const { address, bytes } of image.segments) flash.set(bytes, address - FLASH_ADDRESS);
  return flash;
}

const FLASH_ADDRESS = 0x08000000;
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
