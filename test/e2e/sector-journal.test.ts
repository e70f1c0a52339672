/** What this machine has written down of the sectors in progress, against what is done to the flash; and what a cut update costs because of it. */
import { describe, expect, test } from 'vitest';
import { sectorAt } from '../../host/device/memory-map.js';
import type { FlashOptions } from '../../host/flash-options.js';
import { flashImage, type Memory } from '../../host/flash.js';
import type { Image } from '../../host/image/image.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { NO_SESSION_FILE, type SavedSession, type SessionFile } from '../../host/session/session-file.js';
import { sampleContent } from '../codec/sample-content.js';
import { memoryRestJournal } from './memory-rest-journal.js';
import { memorySessionFile } from './memory-session-file.js';
import { firstDifference, flashedOver, flashOf, garbage, imageOf, openBoard } from './virtual-board.js';

const SECTORS = [0, 1, 2, 3, 4, 5, 8, 9, 10, 11];
const FILLED = 0x2000;
const addressOf = (sector: number): number => 0x0800_0000 + sector * 0x2_0000;
const contentOf = (sector: number): Uint8Array => sampleContent(FILLED, sector + 1);
const OLD = imageOf(...SECTORS.map((sector) => ({ address: addressOf(sector), bytes: contentOf(sector) })));
/** Some bytes changed in each sector. */
const NEW = imageOf(...SECTORS.map((sector) => {
  const bytes = contentOf(sector);
  bytes.set(garbage(300, sector), 0x800);
  return { address: addressOf(sector), bytes };
}));

/** An erase of each sector, and its flash words that are not blank. */
const OPERATIONS = SECTORS.length + NEW.segments.reduce((sum, { bytes }) => sum + Array.from({ length: FILLED / 32 }, (_, word) => bytes.subarray(32 * word, 32 * word + 32)).filter((word) => word.some((byte) => byte !== 0xff)).length, 0);

async function boardWithOld(query: string): Promise<SimLink> {
  const link = await openBoard(query);
  link.world.board.chip.flash.load(flashedOver(flashOf(link), OLD, link));
  return link;
}

const update = (link: SimLink, memory: Memory, options: Partial<FlashOptions> = {}, image: Image = NEW) =>
  flashImage(image, link, { imagePath: '', to: 'sim:', chip: 'STM32H743xI', retryBudgetMs: 0, events: () => undefined, ...options }, { base: OLD, ...memory });

/** Every save, for tests that count them. */
function countingFile(): { readonly file: SessionFile; readonly saved: SavedSession[] } {
  const file = memorySessionFile();
  const saved: SavedSession[] = [];
  return { saved, file: { ...file, save: (session) => (file.save(session), void saved.push(file.load()!)) } };
}

describe('each sector is written down as in progress before anything is done to it', () => {
  test.each([
    ['delta', 'rtt=20ms', {}],
    ['delta', 'rtt=600ms&jitter=200ms', {}],
    ['delta', 'rtt=50ms&fault=lose=0.01', {}],
    ['delta', 'transport=udp&rtt=100ms', {}],
    ['delta', 'rtt=100ms&half-duplex=1&fault=half-duplex', {}],
    ['compressed', 'rtt=100ms&baud=19200', { full: true }],
    ['stored', 'rtt=100ms', { compress: false, full: true }],
  ] as const)('%s, %s', async (way, query, options) => {
    const link = await boardWithOld(query);
    const { chip: { flash, part } } = link.world.board;
    const { file, saved } = countingFile();
    const unannounced: number[] = [];
    let operations = 0;
    const { onOperation } = flash;
    flash.onOperation = (operation) => {
      operations++;
      const { number } = sectorAt(part, operation.address)!;
      if (!file.load()!.inProgress.includes(number)) unannounced.push(number);
      onOperation?.(operation);
    };
    const { details } = await update(link, { file }, options);
    expect(details.ways!.find(({ isChosen }) => isChosen)!.name).toBe(way);
    expect(operations).toBe(OPERATIONS);
    expect(unannounced).toEqual([]);
    // One when the job begins, one for each sector that begins or is done, at most, and the end.
    expect(saved.length).toBeLessThanOrEqual(2 * SECTORS.length + 3);
    await link.close();
  });
});

test.each(['rtt=20ms', 'rtt=100ms', 'rtt=600ms', 'rtt=2s', 'rtt=100ms&baud=9600', 'rtt=100ms&baud=921600'])('holding back what later sectors need costs nothing: %s', async (query) => {
  const seconds = async (file: SessionFile) => {
    const link = await boardWithOld(query);
    const { details } = await update(link, { file });
    await link.close();
    return details.phases.stream!;
  };
  expect(await seconds(memorySessionFile())).toBeLessThan(1.02 * (await seconds(NO_SESSION_FILE)));
});

describe('an update that is cut', () => {
  test.each([0.3, 0.6, 0.8])('at %d of its way: the next run goes on from the mixture of new and old sectors', async (share) => {
    const operation = Math.round(share * OPERATIONS);
    const link = await boardWithOld(`rtt=20ms&fault=power-cut@flash-op=${operation}:middle`);
    const [file, journal] = [memorySessionFile(), memoryRestJournal()];
    await expect(update(link, { file, journal })).rejects.toMatchObject({ kind: 'link' });
    const doubtful = file.load()!.inProgress;
    expect(doubtful.length).toBeLessThanOrEqual(5);
    await link.close();
    link.world.board.pressReset();
    link.world.run(link.world.now + 64_000_000);
    const again = connectSimLink(link.world, link.options);
    const { details } = await update(again, { file, journal });
    expect(firstDifference(flashOf(again), flashedOver(flashOf(again), NEW, again))).toBeUndefined();
    const done = SECTORS.length - details.sectors!.written;
    expect(done).toBeGreaterThanOrEqual(Math.floor(share * SECTORS.length) - 3);
    // What is sent is the sectors in doubt, as if nothing were known of them, and little for each of the others.
    expect(details.streamBytes!).toBeLessThan(4096 + doubtful.length * FILLED + 600 * SECTORS.length);
    await again.close();
  });
});
