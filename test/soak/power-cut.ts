/**
 * One power cut and what follows: a board that runs one whole application is given another, loses its supply in a flash operation, starts as
 * its BOOT0 says, is left alone for a while, and is given the same image again. Judged by the flash array alone.
 */
import type { BoardEvent } from '../../host/board/board.js';
import type { FlashOperation } from '../../host/board/chip/flash-memory.js';
import { Random } from '../../host/board/random.js';
import { rememberingPacker } from '../../host/bench/remembering-packer.js';
import { BoardViolation } from '../../host/board/violations.js';
import { msToTicks } from '../../host/board/time.js';
import { StageFlashError } from '../../host/errors.js';
import type { FlashOptions } from '../../host/flash-options.js';
import { flashImage } from '../../host/flash.js';
import type { Image } from '../../host/image/image.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import type { RestJournal } from '../../host/session/rest-journal.js';
import type { SessionFile } from '../../host/session/session-file.js';
import { memoryRestJournal } from '../e2e/memory-rest-journal.js';
import { memorySessionFile } from '../e2e/memory-session-file.js';
import { firstDifference, flashedOver, flashOf, openBoard } from '../e2e/virtual-board.js';

export const MOMENTS = ['before', 'middle', 'late'] as const;

export interface PowerCut {
  readonly board: string;
  /** What the board ran before. */
  readonly oldImage: Image;
  readonly newImage: Image;
  /** What else the flash holds. */
  readonly beside?: Image;
  readonly options: Partial<FlashOptions>;
  /** The host knows what the board runs. */
  readonly isOldKnown?: boolean;
  /** Counted from 1, erases and flash words together. */
  readonly operation: number;
  readonly moment: (typeof MOMENTS)[number];
  readonly boot0: 'high' | 'low';
  readonly seed: number;
  /** Where the jobs leave what they know. @default memory, as on one machine */
  readonly file?: SessionFile;
  readonly journal?: RestJournal;
}

/**
 * What a reset with BOOT0 low started. `erase pulse`: the cut fell into the erase of the vector's sector; `vector pulse`: into the programming of the
 * vector's own flash word, behind which everything is right. Both may start anything; nothing can be done about them.
 */
export type Boot = 'not tried' | 'nothing' | 'old' | 'new' | 'erase pulse' | 'vector pulse' | 'torn';

export interface CutResult {
  /** False: the job had fewer operations. */
  readonly wasCut: boolean;
  readonly boot: Boot;
  /** Undefined: the flash holds what it should, and no flash word in it is damaged. */
  readonly wrong: string | undefined;
}

/** The first run of each way asks the same in every case. */
const packer = rememberingPacker(24);

/** A cabinet may wait for so long until somebody tries again; half of what decays does so meanwhile. */
const LONGEST_PAUSE_MS = 600_000;
const BOOT_MS = 50;

export async function cutPower(cut: PowerCut): Promise<CutResult> {
  const { seed, boot0, operation, moment, beside, file = memorySessionFile(), journal = memoryRestJournal() } = cut;
  const link = await openBoard(`${cut.board}&seed=${seed}&fault=power-cut@flash-op=${operation}:${moment}`);
  const { board, board: { chip: { flash } } } = link.world;
  for (const image of [cut.oldImage, ...(beside ? [beside] : [])]) flash.load(flashedOver(flashOf(link), image, link));
  const expected = flashedOver(flashOf(link), cut.newImage, link);
  const watch = watchCut(link, cut);
  const run = (over: SimLink) => flashImage(cut.newImage, over, { imagePath: cut.newImage.source, to: 'sim:', events: () => undefined, retryBudgetMs: 0, ...cut.options }, { file, journal, packer, ...(cut.isOldKnown === true && { base: cut.oldImage }) });

  board.boot0 = boot0;
  const first = await run(link).catch((error: unknown) => error);
  if (first instanceof Error && !(first instanceof StageFlashError) && !watch.isWild(first)) throw first;
  if (!watch.wasCut()) return { wasCut: false, boot: 'not tried', wrong: first instanceof Error ? first.message : firstDifference(flashOf(link), expected) };
  await link.close();
  try {
    link.world.run(link.world.now + msToTicks(BOOT_MS));
  } catch (error) {
    if (!watch.isWild(error)) throw error;
  }
  const boot = boot0 === 'low' ? watch.boot() : 'not tried';

  board.boot0 = 'high';
  board.pressReset();
  link.world.run(link.world.now + msToTicks(1000 + new Random(seed).below(2) * new Random(seed + 1).below(LONGEST_PAUSE_MS)));
  const again = connectSimLink(link.world, link.options);
  const wrong = await run(again).then(() => undefined, (error: unknown) => `the second run: ${error instanceof Error ? error.message : String(error)}`);
  await again.close();
  return { wasCut: true, boot, wrong: wrong ?? firstDifference(flashOf(again), expected) ?? damaged(again) };
}

function damaged(link: SimLink): string | undefined {
  const [address] = link.world.board.chip.flash.damage.keys();
  return address === undefined ? undefined : `the flash word at 0x${address.toString(16)} is still half done`;
}

/** Looks at what the cut fell into, and at what the board starts afterwards. */
function watchCut(link: SimLink, { oldImage, newImage }: PowerCut) {
  const { world } = link;
  const { flash } = world.board.chip;
  const vectorAddress = newImage.segments[0]!.address;
  const underway = new Map<number, FlashOperation>();
  const { onOperation } = flash;
  flash.onOperation = (operation) => {
    underway.set(operation.bank, operation);
    onOperation?.(operation);
  };
  let interrupted: FlashOperation[] | undefined;
  let boot: Boot = 'nothing';
  const isWhole = (image: Image): boolean => image.segments.every(({ address, bytes }) => Buffer.compare(flash.peek(address, bytes.length), bytes) === 0);
  const started = (): Boot => {
    const harm = interrupted?.find((operation) => operation.address <= vectorAddress && vectorAddress < operation.address + operation.lengthBytes);
    if (harm !== undefined) return harm.kind === 'erase' ? 'erase pulse' : isRightBut(harm.address) ? 'vector pulse' : 'torn';
    if (flash.damage.size > 0) return 'torn';
    return isWhole(newImage) ? 'new' : isWhole(oldImage) ? 'old' : 'torn';
  };
  /** Everything but the vector's flash word is as it should be. */
  const isRightBut = (address: number): boolean => {
    const { flashWordBytes } = world.board.chip.part;
    return [...flash.damage.keys()].every((word) => word === address)
      && newImage.segments.every((segment) => segment.bytes.every((byte, at) => {
        const here = segment.address + at;
        return (here >= address && here < address + flashWordBytes) || flash.peek(here, 1)[0] === byte;
      }));
  };
  world.onBoardEvent = (event: BoardEvent) => {
    // The array knows the moment; the board says so a little later.
    if (event.kind === 'off') interrupted = [...underway.values()].filter(({ endTick }) => endTick > Math.min(event.tick, flash.supplyEndsAtTick));
    if (event.kind === 'application' && interrupted !== undefined && event.entry !== 0xffff_ffff) boot = started();
  };
  return {
    wasCut: () => interrupted !== undefined,
    boot: () => boot,
    /** What a half-written vector table starts runs wild, and the board says so. */
    isWild: (error: unknown) => error instanceof BoardViolation && boot.endsWith(' pulse'),
  };
}
