/**
 * From Go to the running stub: greet the loader, stream the stub to it, hear the stub's FACTS. Two round trips (PROTOCOL.md §2).
 *
 * The ROM has been left for good when this begins: nothing here may be mistaken for one of its commands.
 */
import { StageFlashError } from '../errors.js';
import { ConverterRoom } from '../link/converter-room.js';
import { lineTimeMs } from '../link/line-settings.js';
import { LinePacer } from '../link/line-pacer.js';
import type { Link } from '../link/link.js';
import type { RoundTrip } from '../link/round-trip.js';
import { fixedBytes } from '../protocol/fields.js';
import { FrameDecoder, type Frame } from '../protocol/frame.js';
import { decodeMessage, encodeMessage, type MessageValues } from '../protocol/messages.js';
import { masksFor } from '../protocol/masks.js';
import { LOADER_FRAME } from '../protocol/wire.js';
import { loaderFrames, type LoaderFrame } from './loader-frames.js';
import { faultError } from '../session/stub-error.js';
import { refuseKickOnLine, withSettings, type StubSettings } from './stub-settings.js';
import { LoaderAnswers } from './loader-answers.js';
import { SLOT_MS } from './loader-image.js';

/** One 0x7F in each of the loader's listening slots, whatever pin it listens on. */
const CALL_INTERVAL_MS = SLOT_MS * 0.75;
/** The loader tries five pins, one slot each; twice around is more than it needs. */
const LISTENING_MS = 10 * SLOT_MS;
/**
 * Many networks hand over what they held back at once: then whole seconds of 0x7F fall into one slot, and the loader listens on another pin. Each such bunch
 * has one chance in five, so the loader gets more of them than one patience brings; it waits longer than this itself.
 */
const GREETING_PATIENCES = 3;
/** Reading 2 MiB of flash for FACTS, with room for real wait states. */
const SURVEY_MS = 1000;
/** H7A: 256 sectors. */
const LONGEST_FACTS_BYTES = 1200;
/** Rounds in a row in which nothing new arrives, before the line counts as hopeless. */
const FRUITLESS_ROUNDS = 16;
/** A loader that misses bytes of a frame waits for so many more: zeros complete it, and mean nothing to anybody who waits for nothing. */
const COMPLETION = new Uint8Array(fixedBytes(LOADER_FRAME.fields));

export interface StartedStub {
  readonly facts: MessageValues<'facts'>;
  /** Has heard everything since the greeting; goes on in the session. Its count of discarded bytes includes what came before. */
  readonly decoder: FrameDecoder;
  /** On the link's clock. */
  readonly greetedAtMs: number;
}

/**
 * @param token the one that was patched into the loader
 * @param room learns what the converter holds
 * @throws StageFlashError kind `bootloader` when no greeting comes, `refused` when the pin to be kicked is the line's, `stub` when the stub does not start
 */
export async function startStub(link: Link, roundTrip: RoundTrip, stub: Uint8Array, token: number, settings: StubSettings = { masks: masksFor(link) }, room = new ConverterRoom(link.line)): Promise<StartedStub> {
  const answers = new LoaderAnswers(token);
  await greet(link, roundTrip, answers);
  const greetedAtMs = link.now();
  refuseKickOnLine(settings.kick, answers.usart!);
  const beforeGreeting = { otherBytes: answers.otherBytes, answerBytes: answers.answerBytes };
  const frames = loaderFrames(withSettings(stub, settings), token, settings.masks);
  const decoder = new FrameDecoder(token);
  const hello = encodeMessage('hello', token, 0, {}, settings.masks);
  const nextRound = link.datagramBytes === undefined ? inOrder(frames, hello, answers) : oneByOne(frames, hello, answers);
  for (let fruitless = 0; fruitless < FRUITLESS_ROUNDS; ) {
    const storedBefore = answers.stored.size;
    const facts = await sendRound(link, roundTrip, new LinePacer(link, room), nextRound(), answers, decoder);
    if (facts !== undefined) {
      decoder.discardedBytes += beforeGreeting.otherBytes - (answers.answerBytes - beforeGreeting.answerBytes);
      return { facts, decoder, greetedAtMs };
    }
    if (link.datagramBytes === undefined) room[answers.stored.size > storedBefore ? 'overflowed' : 'mayHaveOverflowed']();
    fruitless = answers.stored.size > storedBefore ? 0 : fruitless + 1;
  }
  throw new StageFlashError('stub', 'the loader answers, but the stub does not start', {
    hint: `${answers.stored.size} of ${frames.length} chunks arrived; the line loses bytes: lower the bit rate, check the converter's buffer; if it takes 0x11 and 0x13 for XON and XOFF, add --avoid-xonxoff.`,
  });
}

/** Sends 0x7F until the loader greets. */
async function greet(link: Link, roundTrip: RoundTrip, answers: LoaderAnswers): Promise<void> {
  const deadlineMs = link.now() + GREETING_PATIENCES * roundTrip.patienceMs(LISTENING_MS);
  while (link.now() < deadlineMs) {
    await link.send(Uint8Array.of(0x7f));
    const nextMs = link.now() + Math.max(CALL_INTERVAL_MS, 2 * lineTimeMs(1, link.line));
    for (let nowMs = link.now(); nowMs < nextMs; nowMs = link.now()) {
      answers.push(await link.receive(nextMs));
      if (answers.usart !== undefined) return;
    }
  }
  throw new StageFlashError('bootloader', 'the ROM bootloader took the loader, but the loader does not answer', {
    hint: 'Reset the board and try again; if that is not possible, the loader resets it by itself soon.',
  });
}

interface Round {
  readonly messages: readonly Uint8Array[];
  /** Whether nothing more needs to be waited for. FACTS ends every round. */
  readonly isDone: () => boolean;
  readonly patienceMs: (roundTrip: RoundTrip, wireMs: number) => number;
}

/** How long FACTS may be away after the last byte: repeating too early costs more than waiting. */
const untilFacts = (roundTrip: RoundTrip, wireMs: number): number => roundTrip.patienceMs(SURVEY_MS + wireMs);

/** Bytes come in order: everything at once, and the call behind it. */
function inOrder(frames: readonly LoaderFrame[], hello: Uint8Array, answers: LoaderAnswers): () => Round {
  let isFirst = true;
  return () => {
    // The call is repeated whatever was answered to it. A stub that runs already, its FACTS lost, is asked for them; not behind the
    // call, since a stub that checks itself is deaf for a moment.
    const chunks = frames.filter((frame, index) => index === frames.length - 1 || !answers.stored.has(frame.address)).map((frame) => frame.bytes);
    const messages = isFirst ? chunks : [hello, COMPLETION, ...chunks];
    isFirst = false;
    answers.incomplete = false;
    return { messages, isDone: () => answers.incomplete, patienceMs: untilFacts };
  };
}

/**
 * Datagrams overtake one another: the call waits until every other chunk is answered, for it would find a hole, and what came behind it
 * would meet a stub that is deaf. After that, call and HELLO by turns, each alone for the same reason.
 */
function oneByOne(frames: readonly LoaderFrame[], hello: Uint8Array, answers: LoaderAnswers): () => Round {
  const call = frames.at(-1);
  if (call === undefined) throw new RangeError('a stub without chunks');
  const others = frames.slice(0, -1);
  let calls = 0;
  return () => {
    answers.incomplete = false;
    const missing = others.filter((frame) => !answers.stored.has(frame.address));
    if (missing.length === 0) {
      return { messages: [calls++ % 2 === 0 ? call.bytes : hello], isDone: () => answers.incomplete, patienceMs: untilFacts };
    }
    return {
      messages: missing.map((frame) => frame.bytes),
      isDone: () => missing.every((frame) => answers.stored.has(frame.address)),
      patienceMs: (roundTrip) => roundTrip.timeoutMs(0),
    };
  };
}

/** Sends the messages and waits for FACTS; undefined when something is missing still. */
async function sendRound(
  link: Link, roundTrip: RoundTrip, pacer: LinePacer, round: Round, answers: LoaderAnswers, decoder: FrameDecoder,
): Promise<MessageValues<'facts'> | undefined> {
  const hear = async (deadlineMs: number): Promise<MessageValues<'facts'> | undefined> => {
    const bytes = await link.receive(deadlineMs);
    answers.push(bytes);
    return factsIn(decoder.push(bytes));
  };
  for (const message of round.messages) {
    for (let at = 0; at < message.length; ) {
      while (link.now() < pacer.readyAtMs) await hear(pacer.readyAtMs);
      at = await pacer.sendBurst(message, at);
    }
  }
  const deadlineMs = pacer.freeAtMs + round.patienceMs(roundTrip, lineTimeMs(LONGEST_FACTS_BYTES, link.line));
  while (link.now() < deadlineMs && !round.isDone()) {
    const facts = await hear(deadlineMs);
    if (facts !== undefined) return facts;
  }
  return undefined;
}

function factsIn(frames: readonly Frame[]): MessageValues<'facts'> | undefined {
  for (const frame of frames) {
    const message = decodeMessage(frame);
    if (message?.name === 'facts') return message.values;
    if (message?.name === 'fault') throw faultError(message.values);
  }
  return undefined;
}
