/**
 * `--direct`: flashing with nothing but the ROM bootloader. Slow, three round trips for every 256 bytes, but it needs no code on the
 * chip. Erases, writes, and then reads everything back: an ACK of the ROM proves nothing (AN3155 §3.6 has no error for a failed write).
 *
 * The sector with the vector table is erased first and its first block written last, so a cut leaves no application that starts torn.
 */
import type { H7Part } from '../device/h7-part.js';
import type { Sector } from '../device/memory-map.js';
import { sectorsCovering } from '../device/memory-map.js';
import { StageFlashError, hex32 } from '../errors.js';
import type { EventSink, Phase } from '../events.js';
import type { Image } from '../image/image.js';
import type { Link } from '../link/link.js';
import type { Block } from './direct-blocks.js';
import { cutForWire, directBlocks, isBlank } from './direct-blocks.js';
import type { RomSession } from './rom-session.js';

export interface DirectFlashOptions {
  readonly link: Link;
  /** In step: `synchronise` and `getId` have succeeded. */
  readonly rom: RomSession;
  readonly part: H7Part;
  /** Lies in the part's flash. */
  readonly image: Image;
  /** Reads everything back. Without it nothing is known of the result. */
  readonly verify: boolean;
  /** Is told the phases `stream` and, with `verify`, `prove`. */
  readonly events: EventSink;
}

/** A worn sector may need several times what the datasheet allows (6–10 s seen); this much once per command. */
const WORN_SECTOR_MS = 15_000;
/** What one Extended Erase covers: small enough that the connection is never silent for longer than a large sector takes. */
const ERASE_BYTES = 128 * 1024;
const ERASE_ATTEMPTS = 3;
const READ_ATTEMPTS = 3;

/**
 * Bytes of the image's sectors that the image does not cover are lost.
 * @throws StageFlashError kind `refused` before anything is changed; `bootloader`, `link`; `flash` when a write failed; `verify`
 */
export async function flashDirect(options: DirectFlashOptions): Promise<void> {
  const blocks = directBlocks(options.image);
  const [first, ...rest] = blocks as [Block, ...Block[]];
  const pieces = [...rest, first].filter((block) => !isBlank(block)).flatMap(cutForWire).filter((piece) => !isBlank(piece));
  announce(options, 'stream', 'Erasing and writing through the ROM bootloader');
  await eraseSectors(options, sectorsOf(options, first));
  await writePieces(options, pieces);
  if (!options.verify) return;
  announce(options, 'prove', 'Reading everything back');
  await compareBlocks(options, blocks);
}

function announce({ link, events }: DirectFlashOptions, phase: Phase, text: string): void {
  events({ type: 'phase', phase, text, atMs: link.now() });
}

/** The sector of the first block leads. */
function sectorsOf({ part, image }: DirectFlashOptions, first: Block): Sector[] {
  const touched = new Map<number, Sector>();
  for (const { address, bytes } of [{ address: first.address, bytes: first.bytes }, ...image.segments]) {
    for (const sector of sectorsCovering(part, { address, lengthBytes: bytes.length })) touched.set(sector.number, sector);
  }
  return [...touched.values()];
}

async function eraseSectors(options: DirectFlashOptions, sectors: readonly Sector[]): Promise<void> {
  const { rom, part } = options;
  const earlyAck = sectors.some(({ bankIndex }) => bankIndex === 1) && (await answersBank2EraseEarly(options));
  const perCommand = Math.max(1, Math.floor(ERASE_BYTES / part.sectorBytes));
  for (const group of groupsOf(sectors, perCommand)) {
    const workMs = group.length * part.flashTiming.x8.sectorEraseMs.maximum;
    await eraseGroup(rom, group, workMs + WORN_SECTOR_MS);
    if (earlyAck && group.some(({ bankIndex }) => bankIndex === 1)) await rom.idle(workMs);
  }
}

/** Erasing twice does no harm, so what may have got lost is done again. */
async function eraseGroup(rom: RomSession, group: readonly Sector[], workMs: number): Promise<void> {
  for (let attempt = 0; attempt < ERASE_ATTEMPTS; attempt++) {
    if (await rom.extendedErase(group.map(({ number }) => number), workMs)) return;
  }
  throw new StageFlashError('flash', `erasing sectors ${group.map(({ number }) => number).join(', ')} does not succeed`, {
    hint: 'Write protection, or a serial line that garbles long frames.',
  });
}

/** V9.0 and V9.1 of H74x/75x acknowledge the erase of a sector in bank 2 while it still runs (AN2606, limitations); V13.x is unknown. */
async function answersBank2EraseEarly({ rom, part }: DirectFlashOptions): Promise<boolean> {
  if (part.family !== 'H74x') return false;
  const [bootloaderId = 0] = await rom.readMemory(part.addresses.bootloaderId, 1);
  return bootloaderId !== 0x92;
}

async function writePieces({ link, rom, part, events }: DirectFlashOptions, pieces: readonly Block[]): Promise<void> {
  const total = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
  let done = 0;
  for (const { address, bytes } of pieces) {
    const workMs = ((bytes.length / part.flashWordBytes) * part.flashTiming.x8.wordProgramUs.maximum) / 1000;
    const isAcknowledged = await rom.writeFlash(address, bytes, workMs);
    if (!isAcknowledged && (await firstDifference(rom, address, bytes)) !== undefined) {
      throw new StageFlashError('flash', `the block at ${hex32(address)} was written in part or not at all`, {
        hint: 'Start again: a flash word must not be written twice, so its sector has to be erased first.',
      });
    }
    done += bytes.length;
    events({ type: 'progress', phase: 'stream', done, total, atMs: link.now() });
  }
}

/** After all writes and not block by block: on H72x a Write Memory after a Read Memory loses its first 32 bytes, though acknowledged. */
async function compareBlocks({ link, rom, events }: DirectFlashOptions, blocks: readonly Block[]): Promise<void> {
  const total = blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const different: number[] = [];
  let done = 0;
  for (const { address, bytes } of blocks) {
    const at = await firstDifference(rom, address, bytes);
    if (at !== undefined) different.push(address + at);
    done += bytes.length;
    events({ type: 'progress', phase: 'prove', done, total, atMs: link.now() });
  }
  const [first] = different;
  if (first === undefined) return;
  throw new StageFlashError('verify', `${different.length} of ${blocks.length} blocks differ from the image, the first at ${hex32(first)}`, {
    hint: 'Flash again. If the same blocks differ then, they are write-protected or worn.',
  });
}

/** The answer to Read Memory has no checksum: what reads right once is right, what reads wrong may be the line. */
async function firstDifference(rom: RomSession, address: number, bytes: Uint8Array): Promise<number | undefined> {
  let at = -1;
  for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
    const found = await rom.readMemory(address, bytes.length);
    at = bytes.findIndex((byte, offset) => byte !== found[offset]);
    if (at < 0) return undefined;
  }
  return at;
}

function groupsOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, group) => items.slice(group * size, (group + 1) * size));
}
