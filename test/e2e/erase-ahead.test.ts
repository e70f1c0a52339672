/** While content is still packed, the flash erases already; and whatever ends then, nothing is in doubt. */
import { describe, expect, test } from 'vitest';
import { packerAhead } from '../../host/codec/packer-ahead.js';
import { PACKER, type Packer } from '../../host/codec/packer.js';
import { msToTicks } from '../../host/board/time.js';
import type { FlashOptions } from '../../host/flash-options.js';
import { flashImage, type Memory } from '../../host/flash.js';
import type { Image } from '../../host/image/image.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { sampleContent } from '../codec/sample-content.js';
import { memoryRestJournal } from './memory-rest-journal.js';
import { memorySessionFile } from './memory-session-file.js';
import { fillFlash, firstDifference, flashedOver, flashOf, imageOf, openBoard, statistics } from './virtual-board.js';

/** Most of two sectors of the first bank and of one of the second; short pages over and over, which pack at once. */
const SECTOR_BYTES = 0x2_0000;
const PAGE = sampleContent(0x800, 5);
const sectorful = (seed: number): Uint8Array => Uint8Array.from({ length: 0x1_8000 }, (_, at) => PAGE[at % PAGE.length]! ^ (at >> 11 === seed ? 0x55 : 0));
const BASES = [0x0800_0000, 0x0810_0000, 0x0802_0000];
const IMAGE = imageOf(...BASES.map((address, index) => ({ address, bytes: sectorful(index) })));
/** Their numbers, in the order in which they are erased. */
const SECTORS = [0, 8, 1];
/** Longer than two sectors of a bank take to erase, and than the stub takes to say so. */
const PACKING_MS = 12_000;

/** What is asked again is packed once. */
const { pack, diff } = packerAhead(PACKER);

const STOPPED = new Error('stopped');

/** Packs while the board has time; says what its flash was like at the end of that. */
function slowPacker(link: SimLink, whenPacked: () => void): Packer {
  return {
    pack: async (...asked) => {
      link.world.run(link.world.now + msToTicks(PACKING_MS));
      whenPacked();
      return pack(...asked);
    },
    diff,
  };
}

const erasedSectors = ({ world }: SimLink): number[] => SECTORS.filter((_, index) => world.board.chip.flash.peek(BASES[index]!, SECTOR_BYTES).every((byte) => byte === 0xff));

async function job(link: SimLink, memory: Memory, options: Partial<FlashOptions> = {}, image: Image = IMAGE) {
  const said: string[] = [];
  const report = await flashImage(image, link, { imagePath: '', to: 'sim:', retryBudgetMs: 60_000, events: (event) => event.type !== 'progress' && said.push(event.text), ...options }, memory);
  return { report, said: said.join('\n') };
}

/** The process of a job ends, as far as board and disk can tell, when all that is sent ahead is done. */
async function killedWhilePacking(link: SimLink, memory: Memory, options: Partial<FlashOptions> = {}, image = IMAGE): Promise<void> {
  const isPacking = new Promise<void>((resolve) => {
    const packsForEver = (): Promise<never> => {
      link.world.run(link.world.now + msToTicks(PACKING_MS));
      resolve();
      return new Promise(() => undefined);
    };
    void job(link, { ...memory, packer: { pack: packsForEver, diff: packsForEver } }, options, image);
  });
  await isPacking;
  await link.close();
}

describe('all sectors are erased when a slow packing ends', () => {
  test.each(['rtt=20ms', 'rtt=2s', 'transport=udp&rtt=100ms', 'rtt=100ms&fault=lose=0.001', 'chip=STM32H742xI&rtt=20ms'])('%s', async (query) => {
    const link = await openBoard(query);
    const before = fillFlash(link, 3, 0x1000);
    const file = memorySessionFile();
    const seen: unknown[] = [];
    const { flash } = link.world.board.chip;
    const { onOperation } = flash;
    const unannounced: number[] = [];
    flash.onOperation = (operation) => {
      if (operation.kind === 'erase' && file.load()?.inProgress.length !== SECTORS.length) unannounced.push(operation.address);
      onOperation?.(operation);
    };
    const packer = slowPacker(link, () => seen.push({ erased: erasedSectors(link), inProgress: file.load()?.inProgress }));
    const { report } = await job(link, { file, packer, journal: memoryRestJournal() });
    expect(seen).toEqual([{ erased: SECTORS, inProgress: SECTORS }]);
    expect(unannounced).toEqual([]);
    expect(report.details).toMatchObject({ reconnects: 0, repeatedBytes: 0, ways: expect.arrayContaining([expect.objectContaining({ name: 'compressed', isChosen: true })]) as unknown });
    expect(firstDifference(flashOf(link), flashedOver(before, IMAGE, link))).toBeUndefined();
    await link.close();
  });
});

test('those that are right already are left alone, and hinder nothing', async () => {
  const link = await openBoard('rtt=20ms');
  const right = { address: 0x0812_0000, bytes: sectorful(7) };
  const before = fillFlash(link, 3, 0x1000);
  before.fill(0xff, 9 * SECTOR_BYTES, 10 * SECTOR_BYTES);
  before.set(right.bytes, 9 * SECTOR_BYTES);
  link.world.board.chip.flash.load(before);
  const seen: number[][] = [];
  await job(link, { packer: slowPacker(link, () => seen.push(erasedSectors(link))) }, {}, imageOf(...IMAGE.segments, right));
  expect(seen).toEqual([SECTORS]);
  expect(firstDifference(flashOf(link), flashedOver(before, IMAGE, link))).toBeUndefined();
});

test('a beginning longer than a frame is begun with one frame, and goes on behind it', async () => {
  const link = await openBoard('rtt=20ms');
  // Every second flash word is blank: each of the others comes back from RAM by an operation of its own.
  const vectors = { address: 0x0800_0000, bytes: sampleContent(SECTOR_BYTES, 6).map((byte, at) => (at & 32 ? 0xff : byte & 0x7f)) };
  const image = imageOf(vectors, ...IMAGE.segments.map(({ address, bytes }) => ({ address: address + SECTOR_BYTES, bytes: bytes.subarray(0, 0x3_8000) })), { address: 0x0816_0000, bytes: sectorful(9) });
  const before = fillFlash(link, 3, 0x1000);
  before.fill(0xff, 0, SECTOR_BYTES);
  before.set(vectors.bytes);
  link.world.board.chip.flash.load(before);
  const { report } = await job(link, { packer: slowPacker(link, () => undefined) }, { chip: 'STM32H743xI' }, image);
  expect(report.details).toMatchObject({ repeatedBytes: 0, reconnects: 0 });
  expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
});

test('where packing fails, the job goes on without it, and says so', async () => {
  const link = await openBoard('rtt=20ms');
  const before = fillFlash(link, 3, 0x1000);
  const { report, said } = await job(link, { packer: slowPacker(link, () => { throw new Error('no memory left'); }) });
  expect(said).toContain('Packing failed (no memory left); sending without it');
  expect(report.details.ways).toContainEqual(expect.objectContaining({ name: 'stored', isChosen: true }));
  expect(firstDifference(flashOf(link), flashedOver(before, IMAGE, link))).toBeUndefined();
});

describe('nothing is erased before the stream is known', () => {
  test.each([
    ['where two wires have to take turns', 'half-duplex=1&fault=half-duplex', {}, IMAGE],
    ['where the rate is to be raised first', 'rtt=20ms', { streamBaud: 921_600 }, IMAGE],
    ['where packing takes no time', 'rtt=20ms', {}, imageOf({ address: 0x0800_0000, bytes: sampleContent(0x4000, 5) })],
  ] as const)('%s', async (_, query, options, image) => {
    const link = await openBoard(query);
    fillFlash(link, 3, 0x1000);
    const seen: number[][] = [];
    await job(link, { packer: slowPacker(link, () => seen.push(erasedSectors(link))) }, options, image);
    expect(seen).toEqual([[]]);
    await link.close();
  });

  test('where what the flash holds is made use of', async () => {
    const link = await openBoard('rtt=20ms&baud=19200');
    const older = imageOf(...BASES.map((address, index) => ({ address, bytes: sectorful(index).fill(7, 0x100, 0x140) })));
    link.world.board.chip.flash.load(flashedOver(flashOf(link), older, link));
    let erasedWhenCompared: number[] | undefined;
    const packer: Packer = { pack, diff: (...asked) => ((erasedWhenCompared = erasedSectors(link)), diff(...asked)) };
    await job(link, { packer, base: older });
    expect(erasedWhenCompared).toEqual([]);
    await link.close();
  });

  test('and not at all when the user says stop before that', async () => {
    const link = await openBoard('rtt=20ms');
    const before = fillFlash(link, 3, 0x1000);
    const stop = new AbortController();
    const stopped = job(link, { file: memorySessionFile() }, { signal: stop.signal, events: (event) => { if (event.type === 'phase' && event.phase === 'plan') stop.abort(STOPPED); } });
    await expect(stopped).rejects.toThrow('stopped');
    expect(firstDifference(flashOf(link), before)).toBeUndefined();
  });
});

describe('when all are erased and nothing is packed yet,', () => {
  test.each(['reset', 'silent'] as const)('a connection that ends (%s) is made again, and the stub not loaded twice', async (ending) => {
    const link = await openBoard('rtt=20ms');
    const before = fillFlash(link, 3, 0x1000);
    const { report } = await job(link, { file: memorySessionFile(), packer: slowPacker(link, () => link.world.endConnection(ending, link.world.now)) });
    expect(report.details.reconnects).toBe(1);
    expect(statistics(link).boots.go).toBe(1);
    expect(firstDifference(flashOf(link), flashedOver(before, IMAGE, link))).toBeUndefined();
  });

  test('Ctrl-C leaves a stub that the same command goes on with', async () => {
    const link = await openBoard('rtt=20ms');
    const before = fillFlash(link, 3, 0x1000);
    const memory = { file: memorySessionFile(), journal: memoryRestJournal() };
    const stop = new AbortController();
    await expect(job(link, { ...memory, packer: slowPacker(link, () => stop.abort(STOPPED)) }, { signal: stop.signal })).rejects.toThrow('stopped');
    await link.close();
    const { said } = await job(connectSimLink(link.world, link.options), { ...memory, packer: { pack, diff } });
    expect(said).toContain('going on where it is');
    expect(statistics(link).boots.go).toBe(1);
    expect(firstDifference(flashOf(link), flashedOver(before, IMAGE, link))).toBeUndefined();
  });

  test('a process that dies leaves a stub that begins anew, with every byte that is not ours', async () => {
    const link = await openBoard('rtt=20ms');
    const before = fillFlash(link, 3);
    const memory = { file: memorySessionFile(), journal: memoryRestJournal() };
    await killedWhilePacking(link, memory);
    expect(erasedSectors(link)).toEqual(SECTORS);
    let questions = 0;
    const { said } = await job(connectSimLink(link.world, link.options), { ...memory, packer: { pack: (...asked) => (questions++, pack(...asked)), diff } });
    expect(said).toContain('had not come to its content: it begins anew');
    // What cannot be gone on with is not made again to find that out.
    expect(questions).toBe(1);
    expect(statistics(link).boots.go).toBe(1);
    expect(firstDifference(flashOf(link), flashedOver(before, IMAGE, link))).toBeUndefined();
  });

  test('a power cut leaves nothing that boots, and the next run ends it', async () => {
    const link = await openBoard('rtt=20ms');
    const before = fillFlash(link, 3, 0x1000);
    const memory = { file: memorySessionFile(), journal: memoryRestJournal() };
    await killedWhilePacking(link, memory);
    link.world.board.pressReset();
    const { report } = await job(connectSimLink(link.world, link.options), { ...memory, packer: { pack, diff } });
    expect(report.outcome).toBe('flashed');
    expect(firstDifference(flashOf(link), flashedOver(before, IMAGE, link))).toBeUndefined();
  });
});

test.each([
  ['on two wires', 'half-duplex=1&fault=half-duplex', IMAGE],
  ['of little', 'rtt=20ms', imageOf({ address: 0x0800_0000, bytes: sampleContent(0x4000, 5) })],
])('a job %s that ends before anything is sent has written nothing down, and gives nothing back', async (_, query, image) => {
  const link = await openBoard(query);
  fillFlash(link, 3, 0x1_8000);
  const before = flashOf(link);
  const journal = memoryRestJournal();
  const kept: number[] = [];
  const counting = { ...journal, save: (chip: string, sectors: Parameters<typeof journal.save>[1]) => (kept.push(sectors.length), journal.save(chip, sectors)) };
  await killedWhilePacking(link, { file: memorySessionFile(), journal: counting }, {}, image);
  expect(kept).toEqual([]);
  expect(firstDifference(flashOf(link), before)).toBeUndefined();
});
