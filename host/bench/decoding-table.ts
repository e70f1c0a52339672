/**
 * What unpacking takes: the whole stub, from packed bytes on the line to flash words, on a board whose flash takes no time and whose line is quick, so that
 * nothing but the processor is waited for. One tick is one instruction at 64 MHz.
 */
import { existsSync } from 'node:fs';
import { blobOf, readManifest } from '../blobs/manifest.js';
import { parseBoardOptions } from '../board/board-options.js';
import { RomSession } from '../bootloader/rom-session.js';
import { NO_SECTOR_CACHE } from '../cache/sector-cache.js';
import { PACKER } from '../codec/packer.js';
import type { H7Part } from '../device/h7-part.js';
import { H7_PARTS } from '../device/h7-parts.js';
import type { Image } from '../image/image.js';
import { readImage } from '../image/read-image.js';
import { knownContent } from '../job/known-content.js';
import { packUpdate, packWrites } from '../job/pack-plan.js';
import { openSimLink } from '../link/sim-link.js';
import { loadStub } from '../loader/load-stub.js';
import { buildPlan, sectorRuns } from '../plan/build-plan.js';
import { planStream, proofRuns, updateStream } from '../plan/stream.js';
import { limitOf, type Limit } from './limit.js';
import { runStream } from '../session/run-stream.js';

const FIRMWARE = new URL('../../../shared/firmware/', import.meta.url);
const PART = H7_PARTS.find(({ name }) => name === 'STM32H743xI')!;
const QUICK_BAUD = 4_000_000;
const IMAGES = [
  { file: 'openmv4_20190927.bin', held: 'openmv4_20190916.bin', address: 0x08000000 },
  { file: 'openmv4_20190916.bin', held: 'openmv4_20190827.bin', address: 0x08000000 },
  { file: 'openmv4_uvc_20190927.bin', held: 'openmv4_uvc_20190916.bin', address: 0x08040000 },
  { file: 'portenta_bootloader_v24.bin', address: 0x08000000 },
  { file: 'portenta_bootloader_v23.bin', held: 'portenta_bootloader_v22.bin', address: 0x08000000 },
  { file: 'daisy_bootloader_6.4.bin', held: 'daisy_bootloader_6.3.bin', address: 0x08000000 },
  { file: 'giga_bootloader_2segments.hex' },
  { file: 'weact_dcmi2lcd.hex' },
] as const;

/** A tick of the board, and the cycle of a core that has just come out of reset. */
const CYCLES_PER_SECOND = 64e6;
const WIRE_BAUD = 2_000_000;

export interface Decoding {
  readonly contentBytes: number;
  readonly packedBytes: number;
  /** From the begin of the first flash word to that of the last. */
  readonly cycles: number;
  /** What flash or wire take for the same, whichever takes longer. */
  readonly limit: Limit;
}

/** Lines of Markdown. @param say is told what is being measured */
export async function decodingTable(say: (text: string) => void): Promise<string[]> {
  if (!existsSync(FIRMWARE)) return ['Not measured: there is no folder ../shared/firmware with real images here.'];
  const rows: string[] = [];
  for (const { file, ...rest } of IMAGES) {
    const [image, held] = await Promise.all([file, 'held' in rest ? rest.held : undefined].map(async (name) =>
      name === undefined ? undefined : readImage(new URL(name, FIRMWARE).pathname, { ...('address' in rest && { address: rest.address }) })));
    say(`unpacking ${file}`);
    rows.push(row(file, 'compressed', await measureDecoding(image!)));
    if (held !== undefined) rows.push(row(file, 'update', await measureDecoding(image!, held)));
  }
  return ['| image | what | content / packed bytes | cycles per content byte | per packed byte | what binds, and its cycles per content byte | factor |', '|---|---|--:|--:|--:|---|--:|', ...rows];
}

function row(file: string, what: string, { contentBytes, packedBytes, cycles, limit }: Decoding): string {
  const limitCycles = limit.seconds * CYCLES_PER_SECOND;
  return `| ${file.replace(/\.\w+$/, '')} | ${what} | ${(contentBytes / packedBytes).toFixed(2)} | ${(cycles / contentBytes).toFixed(0)} | ${(cycles / packedBytes).toFixed(0)} | ${limit.term} ${(limitCycles / contentBytes).toFixed(0)} | ${(limitCycles / cycles).toFixed(2)} |`;
}

export async function measureDecoding(image: Image, held?: Image): Promise<Decoding> {
  const link = await openSimLink({ ...parseBoardOptions([['baud', String(QUICK_BAUD)], ['rtt', '1ms']]), chip: withoutFlashTime(PART) });
  const { flash } = link.world.board.chip;
  if (held !== undefined) {
    const bytes = flash.snapshot();
    for (const segment of held.segments) bytes.set(segment.bytes, segment.address - PART.banks[0]!.base);
    flash.load(bytes);
  }
  const rom = new RomSession(link, () => undefined);
  await rom.synchronise();
  const manifest = readManifest();
  const session = await loadStub(link, rom, blobOf(manifest, 'loader'), blobOf(manifest, 'stub'));
  const { sectorDigests } = session.facts;
  const plan = buildPlan(image, PART, { sectorDigests });
  const codec = blobOf(manifest, 'codec').bytes;
  const update = held && packUpdate(plan, knownContent(plan, sectorDigests, new Map(), { base: held, cache: NO_SECTOR_CACHE, options: NO_OPTIONS }).runs, PACKER);
  const content = await (update?.content ?? packWrites(plan, PACKER)!);
  const stream = update ? updateStream(plan, update.steps, sectorRuns(plan), { content, codec }) : planStream(plan, { content, codec });
  const begins: number[] = [];
  flash.onOperation = ({ kind, startTick }) => void (kind === 'program' && begins.push(startTick));
  await runStream({ session, stream, ranges: proofRuns(plan), digestWorkMs: 1000, onProgress: () => undefined });
  await link.close();
  const limit = limitOf({ ...image, segments: sectorRuns(plan) }, PART, content.bytes.length, WIRE_BAUD, 0, session.facts.windowBytes);
  // The last of all is the vector's, which is not packed.
  return { contentBytes: content.contentBytes, packedBytes: content.bytes.length, cycles: begins.at(-2)! - begins[0]!, limit };
}

const NO_OPTIONS = { imagePath: '', to: 'sim:', events: (): void => undefined };

function withoutFlashTime(part: H7Part): H7Part {
  const none = { typical: 0, maximum: 0 };
  const timing = { wordProgramUs: none, sectorEraseMs: none };
  return { ...part, flashTiming: { x8: timing, x16: timing, x32: timing, x64: timing } };
}
