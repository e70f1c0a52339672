/**
 * Seeded sessions over drawn combinations of what goes wrong between host and board. A table says what each fault may end a job with; a
 * combination may end with what its faults may, and must succeed where none of them may end anything.
 */
import { LINK_PROFILES } from '../../host/board/link-profiles.js';
import { BoardViolation } from '../../host/board/violations.js';
import { Random } from '../../host/board/random.js';
import type { JobEvent } from '../../host/events.js';
import { StageFlashError, type ErrorKind } from '../../host/errors.js';
import type { FlashOptions } from '../../host/flash-options.js';
import type { Image } from '../../host/image/image.js';
import type { Link } from '../../host/link/link.js';
import type { SimLink } from '../../host/link/sim-link.js';
import { wrapLink } from '../../host/link/wrap-link.js';
import { fillFlash, firstDifference, flashedOver, flashOf, imageOf, openBoard, runJob } from '../e2e/virtual-board.js';
import { packable, program } from './programs.js';
import type { Verdict } from './soak.js';

interface Trouble {
  /** As in a board's URL; more than one argument to draw from. */
  readonly faults: readonly string[];
  /** What it may end a job with; none: every job survives it. */
  readonly mayEnd: readonly ErrorKind[];
  /** No job survives it. */
  readonly isDeadly?: true;
}

/** The ROM bootloader's protocol and the loader's greeting can bear no loss; whatever harms them ends the job before the first erase. */
const BEFORE_THE_STUB = ['link', 'bootloader', 'stub'] as const;

export const TROUBLES: readonly Trouble[] = [
  { faults: ['delayed-ack', 'delayed-ack=200ms'], mayEnd: [] },
  { faults: ['coalesce', 'coalesce=20ms'], mayEnd: [] },
  { faults: ['sleep', 'sleep=5s/2s'], mayEnd: [] },
  { faults: ['banner'], mayEnd: [] },
  { faults: ['sync-pattern'], mayEnd: [] },
  { faults: ['ghost=20s'], mayEnd: [] },
  // A connection that breaks before the stub runs ends the job by design.
  { faults: ['reset=9000', 'reset=12000', 'close=10000', 'silence=11000', 'idle-close=3s', 'nat-timeout=30s'], mayEnd: BEFORE_THE_STUB },
  { faults: ['reset=300', 'close=2000', 'silence=4000'], mayEnd: BEFORE_THE_STUB },
  { faults: ['lose=0.02', 'lose=0.2', 'flip=0.02', 'flip=0.2'], mayEnd: BEFORE_THE_STUB },
  { faults: ['heartbeat-network=500ms', 'heartbeat-network=5s', 'prefix', 'stale-cache'], mayEnd: BEFORE_THE_STUB },
  { faults: ['heartbeat-line=1300ms', 'heartbeat-line=7s', 'second-client=1700ms', 'second-client=10s'], mayEnd: BEFORE_THE_STUB },
  { faults: ['echo'], mayEnd: BEFORE_THE_STUB },
  { faults: ['board-reset=1500ms', 'board-reset=4s', 'board-reset=9s'], mayEnd: BEFORE_THE_STUB },
  { faults: ['power-cut@flash-op=1', 'power-cut@flash-op=40'], mayEnd: BEFORE_THE_STUB },
  // The board measures the rate that there is.
  { faults: ['baud=9600'], mayEnd: BEFORE_THE_STUB },
  { faults: ['parity=none', 'ff-doubled', 'ff-stripped', 'xonxoff'], mayEnd: BEFORE_THE_STUB, isDeadly: true },
];

/** An outage that is longer may meet the loader, which resets the board when it hears nothing for so long. */
const LONGEST_BEARABLE_MS = 5000;
const MOST_TROUBLES = 3;
/** One session in so many speaks by turns, whatever else goes wrong. */
const TWO_WIRES_EVERY = 8;
/** A job of so few bytes, with one retry budget and its patience on the slowest link of all. */
const BUDGET_MS = 3_600_000;
/** Of each sector; the image is shorter, so the rest has to stay. */
const OTHERS_BYTES = 0x1800;
const FIRST = 0x0800_0000;
const SECOND_SECTOR = 0x0802_0000;

export interface ChaosCase {
  readonly query: string;
  readonly troubles: readonly Trouble[];
  readonly image: Image;
  readonly options: Partial<FlashOptions>;
}

const pick = <Choice>(choices: readonly Choice[], random: Random): Choice => choices[random.below(choices.length)]!;

export function chaosCase(seed: number): ChaosCase {
  const random = new Random(seed + 1);
  const troubles = Array.from(new Set(Array.from({ length: random.below(MOST_TROUBLES + 1) }, () => pick(TROUBLES, random))));
  const query = new URLSearchParams({
    chip: 'STM32H743xG', baud: pick(['57600', '115200'], random), profile: pick(Object.keys(LINK_PROFILES).filter((name) => name !== 'wifi-esp'), random), seed: String(seed),
    // A stub that checks itself is deaf for a moment; what a repeated round sends it then is lost, as on silicon, and sent again.
    tolerate: 'usart-overrun',
  });
  const faults = [...troubles.map((trouble) => pick(trouble.faults, random)), ...(seed % TWO_WIRES_EVERY === TWO_WIRES_EVERY - 2 ? ['half-duplex'] : [])];
  if (faults.length > 0) query.set('fault', faults.join(','));
  if (faults.includes('half-duplex')) query.set('half-duplex', '1');
  const shape = pick([packable, <Same>(same: Same) => same], random);
  const image = imageOf(shape(program(FIRST, 500 + random.below(3000), seed)), shape(program(SECOND_SECTOR, 500 + random.below(3000), seed + 1)));
  return { query: query.toString(), troubles, image, options: { compress: random.below(2) === 0, retryBudgetMs: pick([0, 60_000, 600_000], random) } };
}

export async function runChaos(seed: number): Promise<Verdict> {
  const { query, troubles, image, options } = chaosCase(seed);
  const link = await openBoard(query);
  const before = fillFlash(link, seed + 5000, OTHERS_BYTES);
  let hasStub = false;
  const events = (event: JobEvent): void => void (hasStub ||= event.type === 'phase' && event.phase === 'survey');
  const result = await runJob(image, within(link, BUDGET_MS), { after: 'stay', ...options, events }).catch((error: unknown) => error);
  const wrong = result instanceof Error ? wrongFailure(result, troubles, { ...options, hasLongOutages: (link.options.outage?.lengthMs ?? 0) > LONGEST_BEARABLE_MS, isHalfDuplex: link.line.isHalfDuplex === true }) ?? halfDone(link, before) : wrongSuccess(link, flashedOver(before, image, link), troubles);
  if (!hasStub && isWildLoader(result, query) && firstDifference(flashOf(link), before) === undefined) return { outcome: 'a loader that the ROM took for whole runs wild: the flash is untouched' };
  const outcome = result instanceof StageFlashError ? result.kind : result instanceof Error ? 'defect' : 'flashed';
  return { outcome, wrong: wrong && `${wrong} (${query})` };
}

/**
 * Two bits that turn over in one place of one Write Memory frame leave its XOR as it was (AN3155 §3.5), and nothing has yet shown that the line damages
 * bytes. On silicon that is a fault, and silence.
 */
function isWildLoader(result: unknown, query: string): boolean {
  return result instanceof BoardViolation && query.includes('flip');
}

function wrongSuccess(link: SimLink, expected: Uint8Array, troubles: readonly Trouble[]): string | undefined {
  if (troubles.some(({ isDeadly }) => isDeadly)) return 'it succeeds, though nothing should';
  return firstDifference(flashOf(link), expected) ?? (link.world.board.chip.flash.damage.size > 0 ? 'half-written flash words passed for right' : undefined);
}

function wrongFailure(error: Error, troubles: readonly Trouble[], { retryBudgetMs, hasLongOutages, isHalfDuplex }: Partial<FlashOptions> & { readonly hasLongOutages: boolean; readonly isHalfDuplex: boolean }): string | undefined {
  // A ROM that is sent less than it was told, because a converter eats bytes, answers while the host still speaks; what two wires make of both may be any command.
  if (isHalfDuplex === true && troubles.some(({ faults }) => faults.includes('ff-stripped')) && error.message.includes('option-byte-change')) return undefined;
  if (!(error instanceof StageFlashError)) return `${error.name}: ${error.message}\n${error.stack ?? ''}`;
  const allowed = new Set<ErrorKind>(troubles.flatMap(({ mayEnd }) => mayEnd));
  if (hasLongOutages) BEFORE_THE_STUB.forEach((kind) => allowed.add(kind));
  if (retryBudgetMs === 0 && troubles.some(({ faults }) => faults.some((fault) => /ghost|reset|close/.test(fault)))) allowed.add('link');
  return allowed.has(error.kind) ? undefined : `it fails with kind ${error.kind}: ${error.message}`;
}

/** After a failure no application may start that is not whole: the old one is untouched, or the vector's flash word is not there. */
function halfDone(link: SimLink, before: Uint8Array): string | undefined {
  const { flash } = link.world.board.chip;
  if (flash.stateAt(FIRST) === 'erased' || flash.damage.has(FIRST)) return undefined;
  const difference = firstDifference(flashOf(link), before);
  return difference === undefined || flash.stateAt(FIRST) === 'programmed' ? undefined : `a torn image could start: ${difference}`;
}

/** A job that goes on for ever ends here, as a defect. */
function within(link: Link, untilMs: number): Link {
  const { reopen } = link;
  return wrapLink(link, {
    receive: (deadlineMs) => {
      if (link.now() > untilMs) throw new Error(`it still goes on after ${untilMs / 60_000} minutes`);
      return link.receive(deadlineMs);
    },
    ...(reopen && { reopen: async (afterMs: number) => within(await reopen.call(link, afterMs), untilMs) }),
  });
}
