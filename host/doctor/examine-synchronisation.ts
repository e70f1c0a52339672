/** Does a bootloader answer to 0x7F, and does its answer come alone? */
import { ACK, NACK, SYNCHRONISATION } from '../bootloader/an3155.js';
import { readableText } from '../bootloader/wrong-answer.js';
import { containsFrame, FRAME_OVERHEAD_BYTES } from '../protocol/frame.js';
import { encodeMessage } from '../protocol/messages.js';
import { ANY_TOKEN } from '../protocol/wire.js';
import { concat, hex } from './byte-runs.js';
import { EndOfExamination, type Case } from './case.js';
import { intoStep, isAnswered, type Step } from './into-step.js';
import { seekHalfDuplex } from './half-duplex.js';

export async function examineSynchronisation(examined: Case): Promise<void> {
  const { line } = examined;
  const startedMs = line.now();
  let step = await intoStep(line);
  if (isAnswered(step) || assumeSurroundings(examined, step)) return;
  refuseOtherSpeakers(examined, step);
  // An echo is an answer to nothing: the bootloader may want its second 0x7F.
  if (line.isEchoing) step = await intoStep(line);
  if (isAnswered(step)) return;
  const others = await seekHalfDuplex(examined);
  if (others === undefined) throw new EndOfExamination();
  if (step.bytes.length + others.length > 0 && !line.isEchoing) {
    examined.found('wrong-rate', `0x7F and commands are answered by ${hex(concat(step.bytes, others))}`);
    throw new EndOfExamination();
  }
  await seekQuietStub(examined);
  if (line.isEchoing) examined.found('echo', 'what is sent comes back, and nothing else');
  else if (await examined.revive(startedMs)) return;
  examined.found('no-answer', `0x7F, 0x7F again and a whole frame of it brought nothing in ${((line.now() - startedMs) / 1000).toFixed(0)} s`);
  throw new EndOfExamination();
}

/** With half-duplex=1 a stub says nothing unasked. Behind 0x7F that nobody answered, the question does no harm. @throws EndOfExamination when there is one */
async function seekQuietStub(examined: Case): Promise<void> {
  const { raw } = await examined.line.ask(encodeMessage('poll', ANY_TOKEN, 0, {}), containsFrame);
  if (!containsFrame(raw.subarray(examined.line.isEchoing ? FRAME_OVERHEAD_BYTES : 0))) return;
  examined.found('stub-at-work', 'it says nothing unasked (half-duplex=1), and answers when it is asked');
  throw new EndOfExamination();
}

/** An answer with something in front of it: perhaps so in front of each. The next question will tell. */
function assumeSurroundings({ line }: Case, { kind, bytes }: Step): boolean {
  if (kind !== 'strange') return false;
  const before = bytes.subarray(0, -1);
  if (bytes[0] === SYNCHRONISATION) line.isEchoing = true;
  if (bytes.at(-1) !== ACK && bytes.at(-1) !== NACK) return false;
  if (before.length === 1 && line.isEchoing) return true;
  const isPrefix = readableText(bytes) === undefined || bytes.length < 32;
  if (isPrefix) line.prefix = concat(before);
  return isPrefix;
}

/** @throws EndOfExamination when it is no bootloader that speaks */
function refuseOtherSpeakers(examined: Case, { bytes }: Step): void {
  const said = concat(examined.greeting, bytes);
  if (containsFrame(said)) {
    examined.found('stub-at-work', 'frames of a stub come in answer to 0x7F');
    throw new EndOfExamination();
  }
  const text = readableText(said);
  if (text === undefined) return;
  examined.found('application', `it says “${text}”`);
  throw new EndOfExamination();
}
