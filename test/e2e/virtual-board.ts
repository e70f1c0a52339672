/**
 * A virtual board for whole jobs, and what its flash must hold afterwards. Expectations come from the image and from what the flash held
 * before, by arithmetic of their own: nothing here asks the plan, the report or the stub.
 */
import { Random } from '../../host/board/random.js';
import { statisticsOf, type BoardStatistics } from '../../host/board/statistics.js';
import type { JobEvent } from '../../host/events.js';
import type { FlashOptions, Report } from '../../host/flash-options.js';
import { flashImage } from '../../host/flash.js';
import { createImage, type Image, type Segment } from '../../host/image/image.js';
import type { Link } from '../../host/link/link.js';
import { openSimLink, type SimLink } from '../../host/link/sim-link.js';

/** Board options as in a `sim:` URL: `chip=STM32H723xG&rtt=600ms`. */
export function openBoard(query: string): Promise<SimLink> {
  return openSimLink(new URLSearchParams(query));
}

export const flashOf = ({ world }: SimLink): Uint8Array => world.board.chip.flash.snapshot();
export const statistics = ({ world }: SimLink): BoardStatistics => statisticsOf(world);

/**
 * What another life of the board left behind.
 * @param sectorBytes so many of each sector hold something; not given: no flash word is blank
 */
export function fillFlash(link: SimLink, seed: number, sectorBytes = Infinity): Uint8Array {
  const { flash, part } = link.world.board.chip;
  const content = garbage(flash.snapshot().length, seed);
  for (let sector = 0; sector < content.length; sector += part.sectorBytes) content.fill(0xff, sector + Math.min(sectorBytes, part.sectorBytes), sector + part.sectorBytes);
  flash.load(content);
  return flash.snapshot();
}

export function garbage(lengthBytes: number, seed: number): Uint8Array {
  return new Random(seed).fill(new Uint8Array(lengthBytes));
}

export function imageOf(...segments: readonly Segment[]): Image {
  return createImage('firmware.bin', 'raw binary', segments);
}

/** Incompressible bytes at the beginning of bank 1, or where `address` says. */
export function incompressible(lengthBytes: number, seed = 1, address = 0x0800_0000): Image {
  return imageOf({ address, bytes: garbage(lengthBytes, seed) });
}

export interface Job {
  readonly report: Report;
  readonly events: readonly JobEvent[];
}

/** One job from the first byte to the end; `link` may be wrapped around the board's own. */
export async function runJob(image: Image, link: Link, options: Partial<FlashOptions> = {}): Promise<Job> {
  const events: JobEvent[] = [];
  const report = await flashImage(image, link, { imagePath: image.source, to: link.name, events: (event) => events.push(event), ...options });
  return { report, events };
}

/** `before` with the image in it, as raw image of all banks: everything else stays. */
export function flashedOver(before: Uint8Array, image: Image, { world }: SimLink): Uint8Array {
  const after = before.slice();
  const { sectorBytes } = world.board.chip.part;
  for (const { address, bytes } of image.segments) {
    for (let at = 0, end = 0; at < bytes.length; at = end) {
      end = Math.min(bytes.length, at + sectorBytes - ((address + at) % sectorBytes));
      after.set(bytes.subarray(at, end), placeOf(world, address + at));
    }
  }
  return after;
}

/** The same where what the touched sectors held beside the image is given up. */
export function flashedAlone(before: Uint8Array, image: Image, link: SimLink): Uint8Array {
  const { world } = link;
  const { sectorBytes } = world.board.chip.part;
  const after = before.slice();
  for (const { address, bytes } of image.segments) {
    for (let sector = Math.floor(address / sectorBytes) * sectorBytes; sector < address + bytes.length; sector += sectorBytes) {
      after.fill(0xff, placeOf(world, sector), placeOf(world, sector) + sectorBytes);
    }
  }
  return flashedOver(after, image, link);
}

function placeOf({ board: { chip: { part } } }: SimLink['world'], address: number): number {
  const bankBytes = (part.flashSizeKiB * 1024) / part.banks.length;
  const bank = part.banks.findIndex(({ base }) => address >= base && address < base + bankBytes);
  if (bank < 0) throw new RangeError(`0x${address.toString(16)} is not in flash`);
  return bank * bankBytes + address - part.banks[bank]!.base;
}

/** Where two flash images differ first, for messages that say more than false. */
export function firstDifference(actual: Uint8Array, expected: Uint8Array): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} bytes in place of ${expected.length}`;
  const at = Buffer.compare(actual, expected) === 0 ? -1 : actual.findIndex((byte, index) => byte !== expected[index]);
  return at < 0 ? undefined : `offset 0x${at.toString(16)}: ${actual[at]} in place of ${expected[at]}`;
}
