/**
 * From Go to what the loader was sent for: greet it, send it frames, hear that what they bring is there (PROTOCOL.md §2). Two round trips.
 *
 * The ROM has been left for good when this begins: nothing here may be mistaken for one of its commands.
 */
import { StageFlashError } from '../errors.js';
import { ConverterRoom } from '../link/converter-room.js';
import { lineTimeMs } from '../link/line-settings.js';
import { LinePacer } from '../link/line-pacer.js';
import type { Link } from '../link/link.js';
import type { RoundTrip } from '../link/round-trip.js';
import type { LoaderAnswers } from './loader-answers.js';
import type { LoaderFrame } from './loader-frames.js';
import { SLOT_MS } from './loader-image.js';
import { answerTimeMs, roundsFor, type Round } from './loader-rounds.js';

/** One 0x7F in each of the loader's listening slots, whatever pin it listens on. */
const CALL_INTERVAL_MS = SLOT_MS * 0.75;
/** The loader tries five pins, one slot each; twice around is more than it needs. */
const LISTENING_MS = 10 * SLOT_MS;
/**
 * Many networks hand over what they held back at once: then whole seconds of 0x7F fall into one slot, and the loader listens on another pin. Each such bunch
 * has one chance in five, so the loader gets more of them than one patience brings; it waits longer than this itself.
 */
const GREETING_PATIENCES = 3;
/** H7A: 256 sectors. */
const LONGEST_FACTS_BYTES = 1200;
/** Half-duplex: then the loader may be heard once, or a converter that ends quiet connections after three seconds does so (field-notes.md §1.7). */
const LONGEST_SPEECH_MS = 2000;
/** Rounds in a row in which nothing new arrives, before the line counts as hopeless. */
const FRUITLESS_ROUNDS = 16;
/** The loader resets the chip after this many of our own patiences without a valid frame: later than we give up ourselves. */
export const LOADER_PATIENCE = 10;
/** So often chunks that were answered are sent anew, because one is missing all the same. */
const MOST_DOUBTS = 3;
/** Rounds into silence, where nobody is there to be asked: the calls were lost, or the answer was, and then what goes out goes to the program. */
const MOST_SILENT_ROUNDS = 6;
/** Nothing goes out any more when it does: the ROM bootloader would measure a rate from it. */
const PATIENCE = LOADER_PATIENCE - 2;

/** What goes to the loader, and how it is known that it has come. */
export interface Delivery<Proof> {
  /** For the error: `stub`. */
  readonly what: string;
  /** The last one is called. */
  readonly frames: readonly LoaderFrame[];
  readonly answers: LoaderAnswers;
  /** What the called code is asked when its word was lost; missing: nobody is there to be asked. */
  readonly question?: Uint8Array;
  /** What to try when all has come and nothing is heard of it; missing: the same as when something has not come. */
  readonly silenceHint?: string;
  /** Looks into what came, the answers having heard it. @returns undefined: not yet. @throws StageFlashError when there is nothing to be waited for */
  readonly prove: (bytes: Uint8Array) => Proof | undefined;
}

/** Sends 0x7F until the loader greets. @throws StageFlashError kind `bootloader` when it does not */
export async function greetLoader(link: Link, roundTrip: RoundTrip, answers: LoaderAnswers): Promise<void> {
  const isHalfDuplex = link.line.isHalfDuplex === true;
  const deadlineMs = link.now() + GREETING_PATIENCES * roundTrip.patienceMs(LISTENING_MS);
  while (link.now() < deadlineMs) {
    await link.send(Uint8Array.of(0x7f));
    const nextMs = link.now() + Math.max(CALL_INTERVAL_MS, isHalfDuplex ? answerTimeMs(link.line) : 2 * lineTimeMs(1, link.line));
    for (let nowMs = link.now(); nowMs < nextMs; nowMs = link.now()) {
      answers.push(await link.receive(nextMs));
      if (answers.usart !== undefined && !isHalfDuplex) return;
    }
    if (answers.usart !== undefined || (isHalfDuplex && answers.cutUsart !== undefined)) return;
  }
  if (answers.cutUsart !== undefined) {
    throw new StageFlashError('bootloader', 'the loader answers, but the first bytes of what it says are lost: the converter does not hear while it sends', {
      hint: 'A two-wire line (RS-485)? Then add half-duplex=1 to the URL of the link; stage-flash doctor tells.',
    });
  }
  throw new StageFlashError('bootloader', 'the ROM bootloader took the loader, but the loader does not answer', {
    hint: 'Reset the board and try again; if that is not possible, the loader resets it by itself soon.',
  });
}

/**
 * @param room learns what the converter holds
 * @throws StageFlashError kind `stub` when it does not start
 */
export async function deliver<Proof>(link: Link, roundTrip: RoundTrip, delivery: Delivery<Proof>, room: ConverterRoom): Promise<Proof> {
  const { what, frames, answers } = delivery;
  const nextRound = roundsFor(link, frames, delivery.question, answers);
  const isAllStored = (): boolean => answers.stored.size >= frames.length - 1;
  let newsAtMs = link.now();
  let doubts = 0;
  let silences = 0;
  for (let fruitless = 0; fruitless < FRUITLESS_ROUNDS && link.now() - newsAtMs < PATIENCE * roundTrip.patienceMs(1000); ) {
    const storedBefore = answers.stored.size;
    const proof = await sendRound(link, roundTrip, new LinePacer(link, room), nextRound(), delivery);
    if (proof !== undefined) return proof;
    if (link.datagramBytes === undefined) room[answers.stored.size > storedBefore ? 'overflowed' : 'mayHaveOverflowed']();
    // Whoever says that something is missing is alive, and waits anew.
    if (answers.stored.size > storedBefore || answers.incomplete) newsAtMs = link.now();
    fruitless = answers.stored.size > storedBefore ? 0 : fruitless + 1;
    if (!isAllStored()) continue;
    // Answers have no CRC: one of them may have spoken of another chunk.
    if (answers.incomplete && doubts++ < MOST_DOUBTS) answers.stored.clear();
    else if (delivery.question === undefined && !answers.incomplete && ++silences === MOST_SILENT_ROUNDS) break;
  }
  if (delivery.silenceHint !== undefined && isAllStored() && !answers.incomplete) {
    throw new StageFlashError('stub', `the loader has taken all of the ${what}, but nobody said that it has started`, { hint: delivery.silenceHint });
  }
  throw new StageFlashError('stub', `the loader answers, but the ${what} does not start`, {
    hint: `${answers.stored.size > 0 ? `${answers.stored.size} of ${frames.length} chunks arrived; ` : ''}the line loses bytes: lower the bit rate or check the converter's buffer; on RS-485 add half-duplex=1 to the URL of the link; where 0x11 and 0x13 are taken for XON and XOFF, add --avoid-xonxoff; a watchdog beside the chip has to bear these seconds. The loader resets the board within ${Math.ceil((LOADER_PATIENCE * roundTrip.patienceMs(1000)) / 1000)} s: wait for that.`,
  });
}

/** Sends the messages and waits for the proof; undefined when something is missing still. */
async function sendRound<Proof>(
  link: Link, roundTrip: RoundTrip, pacer: LinePacer, round: Round, { answers, prove }: Delivery<Proof>,
): Promise<Proof | undefined> {
  let proof: Proof | undefined;
  const hearUntil = async (deadlineMs: number, isDone = (): boolean => false): Promise<Proof | undefined> => {
    while (proof === undefined && link.now() < deadlineMs && !isDone()) {
      const bytes = await link.receive(deadlineMs);
      answers.push(bytes);
      proof = prove(bytes);
    }
    return proof;
  };
  let silentAtMs = link.now();
  for (const message of round.messages) {
    if (link.line.isHalfDuplex && pacer.freeAtMs - silentAtMs > LONGEST_SPEECH_MS) {
      silentAtMs = pacer.freeAtMs + answerTimeMs(link.line);
      await hearUntil(silentAtMs);
    }
    for (let at = 0; at < message.length; ) {
      if ((await hearUntil(pacer.readyAtMs)) !== undefined) return proof;
      at = await pacer.sendBurst(message, at);
    }
  }
  const deadlineMs = pacer.freeAtMs + round.patienceMs(roundTrip, lineTimeMs(LONGEST_FACTS_BYTES, link.line));
  return hearUntil(deadlineMs, round.isDone);
}
