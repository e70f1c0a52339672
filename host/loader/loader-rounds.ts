/**
 * In which order chunks go to the loader, and what is waited for (PROTOCOL.md §2): as the network keeps the order or does not, and as the
 * loader's answers to them can be heard or not.
 */
import type { Link } from '../link/link.js';
import { bitsPerCharacter, lineTimeMs, type LineSettings } from '../link/line-settings.js';
import type { RoundTrip } from '../link/round-trip.js';
import { fixedBytes } from '../protocol/fields.js';
import { LOADER_FRAME } from '../protocol/wire.js';
import type { LoaderAnswers } from './loader-answers.js';
import type { LoaderFrame } from './loader-frames.js';

/** A loader that misses bytes of a frame waits for so many more: zeros complete it, and mean nothing to anybody who waits for nothing. */
const COMPLETION = new Uint8Array(fixedBytes(LOADER_FRAME.fields));
/** Reading 2 MiB of flash for FACTS, or a program in RAM for its CRC, with room for real wait states. */
const SURVEY_MS = 1000;
/** Token and word, the character on which they begin, and some for transceivers that count in characters. */
const ANSWER_CHARACTERS = 12;
/** For transceivers that count in time. */
const TURNAROUNDS_MS = 2;

export interface Round {
  readonly messages: readonly Uint8Array[];
  /** Whether nothing more needs to be waited for. The proof ends every round. */
  readonly isDone: () => boolean;
  readonly patienceMs: (roundTrip: RoundTrip, wireMs: number) => number;
}

/** How long the proof, FACTS or the starter's word, may be away after the last byte: repeating too early costs more than waiting. */
const untilProven = (roundTrip: RoundTrip, wireMs: number): number => roundTrip.patienceMs(SURVEY_MS + wireMs);

type Rounds = (frames: readonly LoaderFrame[], question: Uint8Array | undefined, answers: LoaderAnswers) => () => Round;

export function roundsFor(link: Pick<Link, 'datagramBytes' | 'line' | 'hasXonXoff'>, frames: readonly LoaderFrame[], question: Uint8Array | undefined, answers: LoaderAnswers): () => Round {
  const { datagramBytes, line } = link;
  const rounds: Rounds = datagramBytes === undefined ? inOrder : line.isHalfDuplex ? unheard : oneByOne;
  return rounds(line.isHalfDuplex ? apart(frames, line) : frames, question, answers);
}

/** What the loader may need on the line to answer one frame. */
export function answerTimeMs(line: LineSettings): number {
  return lineTimeMs(ANSWER_CHARACTERS, line) + TURNAROUNDS_MS;
}

/** Half-duplex: the answer to a chunk garbles what comes behind it, and is lost itself. So zeros stand before each, the first one too: the last 0x7F may bring another greeting. */
function apart(frames: readonly LoaderFrame[], line: LineSettings): readonly LoaderFrame[] {
  const gap = new Uint8Array(Math.ceil((answerTimeMs(line) * line.baudRate) / (1000 * bitsPerCharacter(line))));
  return frames.map(({ address, bytes }) => ({ address, bytes: Uint8Array.of(...gap, ...bytes) }));
}

/** Bytes come in order: everything at once, and the call behind it. */
function inOrder(frames: readonly LoaderFrame[], question: Uint8Array | undefined, answers: LoaderAnswers): () => Round {
  let isFirst = true;
  return () => {
    // The call is repeated whatever was answered to it. A stub that runs already, its FACTS lost, is asked for them (a program cannot be); not behind the
    // call, since a stub that checks itself is deaf for a moment.
    const chunks = frames.filter((frame, index) => index === frames.length - 1 || !answers.stored.has(frame.address)).map((frame) => frame.bytes);
    const messages = isFirst ? chunks : [...(question ? [question] : []), COMPLETION, ...chunks];
    isFirst = false;
    answers.incomplete = false;
    return { messages, isDone: () => answers.incomplete, patienceMs: untilProven };
  };
}

/**
 * Datagrams overtake one another: the call waits until every other chunk is answered, for it would find a hole, and what came behind it
 * would meet a stub that is deaf. After that, call, HELLO and zeros by turns, each alone for the same reason: a doubled call, too, may have cost the loader
 * bytes of the next one.
 */
function oneByOne(frames: readonly LoaderFrame[], question: Uint8Array | undefined, answers: LoaderAnswers): () => Round {
  const call = frames.at(-1);
  if (call === undefined) throw new RangeError('a stub without chunks');
  const others = frames.slice(0, -1);
  let calls = 0;
  return () => {
    answers.incomplete = false;
    const missing = others.filter((frame) => !answers.stored.has(frame.address));
    if (missing.length === 0) {
      const turn = calls++ % 3;
      if (turn === 2 || (turn === 1 && question === undefined)) return { messages: [COMPLETION], isDone: () => false, patienceMs: (roundTrip) => roundTrip.timeoutMs(0) };
      return { messages: [turn === 0 ? call.bytes : question!], isDone: () => answers.incomplete, patienceMs: untilProven };
    }
    return {
      messages: missing.map((frame) => frame.bytes),
      isDone: () => missing.every((frame) => answers.stored.has(frame.address)),
      patienceMs: (roundTrip) => roundTrip.timeoutMs(0),
    };
  };
}

/** Datagrams overtake one another, and no answer to a chunk is heard: all chunks, then the call alone, then HELLO alone, until one of them is answered. */
function unheard(frames: readonly LoaderFrame[], question: Uint8Array | undefined, answers: LoaderAnswers): () => Round {
  const others = frames.slice(0, -1).map((frame) => frame.bytes);
  const calls = frames.slice(-1).map((frame) => frame.bytes);
  let rounds = 0;
  return () => {
    answers.incomplete = false;
    const turn = rounds++ % 3;
    if (turn === 0) return { messages: others, isDone: () => false, patienceMs: (roundTrip) => roundTrip.timeoutMs(0) };
    return { messages: turn === 1 ? calls : [question ?? COMPLETION], isDone: () => answers.incomplete, patienceMs: untilProven };
  };
}
