/** Get and Get ID, the commands that always work: do pairs of bytes pass, with which parity, and whole answers? */
import { ACK, NACK } from '../bootloader/an3155.js';
import { findParts } from '../device/h7-parts.js';
import { count, hex, isSame } from './byte-runs.js';
import { EndOfExamination, type Case } from './case.js';
import { seekHalfDuplex } from './half-duplex.js';
import type { Heard } from './probe-line.js';
import { GET, GET_ANSWER, GET_ID, isGetAnswer, isIdAnswer } from './questions.js';

/** Long enough that two packets stay two on most networks, as long as a UART needs to be surely idle. */
const SHORTEST_PAUSE_MS = 400;
const ATTEMPTS = 3;

export async function examineCommands(examined: Case): Promise<void> {
  const id = await answerTo(examined, GET_ID, isIdAnswer);
  if (id === undefined) {
    await explainRefusals(examined);
    throw new EndOfExamination();
  }
  confirmSurroundings(examined, id);
  examined.wasInStep = true;
  const [, , high = 0, low = 0] = id.bytes;
  examined.facts.deviceId = (high << 8) | low;
  const couldBe = findParts(examined.facts.deviceId).map(({ name }) => name);
  if (couldBe.length > 0) examined.facts.couldBe = couldBe;
  await examineGet(examined);
}

/** The answer as it should be, if it comes so once; what came instead at first is chance. */
async function answerTo(examined: Case, question: Uint8Array, isWhole: (bytes: Uint8Array) => boolean): Promise<Heard | undefined> {
  const failed: Uint8Array[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const heard = await examined.line.ask(question, isWhole);
    if (isWhole(heard.bytes)) {
      failed.forEach((bytes) => examined.lost(hex(question), bytes));
      return heard;
    }
    failed.push(heard.bytes);
    if (attempt === 0) unassumePrefix(examined, heard);
    await examined.regain();
  }
  return undefined;
}

/** What came before the first answer does not come before this one. */
function unassumePrefix({ line }: Case, { raw }: Heard): void {
  if (line.prefix.length === 0 || isSame(line.prefix, raw.subarray(0, line.prefix.length))) return;
  line.strays.push({ atMs: line.now(), bytes: line.prefix });
  line.prefix = new Uint8Array();
}

function confirmSurroundings(examined: Case, heard: Heard): void {
  const { line } = examined;
  unassumePrefix(examined, heard);
  if (line.prefix.length > 0) examined.found('identity-prefix', `each packet begins with “${Buffer.from(line.prefix).toString('latin1')}”`);
  if (!line.isEchoing) return;
  if (heard.raw.length > heard.bytes.length) examined.found('echo', 'each question comes back before its answer');
  else line.isEchoing = false;
}

async function examineGet(examined: Case): Promise<void> {
  const heard = await examined.line.ask(GET, isGetAnswer);
  if (isGetAnswer(heard.bytes)) {
    examined.facts.protocolVersion = heard.bytes[2]!;
    return;
  }
  if (isSame(heard.bytes, GET_ANSWER.filter((byte) => byte !== 0x11 && byte !== 0x13))) {
    examined.found('xonxoff', `of the answer to Get, 0x11 is missing: ${hex(heard.bytes)}`);
    return examined.regain();
  }
  await examined.regain();
  const again = await examined.line.ask(GET, isGetAnswer);
  if (isGetAnswer(again.bytes)) return examined.lost('Get', heard.bytes);
  if (isSame(again.bytes, Uint8Array.of(NACK)) && isSame(heard.bytes, again.bytes)) {
    examined.found('no-parity', '02 FD is answered, 00 FF is refused: bytes with an even number of ones do not pass');
    throw new EndOfExamination();
  }
  await examined.regain();
}

/** Get ID is never answered as it should be. */
async function explainRefusals(examined: Case): Promise<void> {
  const { line } = examined;
  if ((await seekHalfDuplex(examined)) === undefined) return;
  const pauseMs = Math.max(SHORTEST_PAUSE_MS, line.patienceMs() - 1000);
  const together = await line.ask(GET_ID, isIdAnswer);
  const apart = await line.askInTwo(GET_ID.subarray(0, 1), GET_ID.subarray(1), pauseMs, isIdAnswer);
  const again = await line.askInTwo(GET_ID.subarray(0, 1), GET_ID.subarray(1), pauseMs, isIdAnswer);
  const answered = [apart, again].find(({ bytes }) => bytes[0] === ACK);
  if (answered !== undefined) {
    return examined.found('no-parity', `02 FD in one piece is answered by ${hex(together.bytes) || 'nothing'}, with a pause in between by ${hex(answered.bytes)}`);
  }
  const came = [together, apart, again].map(({ bytes }) => bytes);
  if (came.some((bytes) => bytes.length > 0) && came.every((bytes) => count(bytes, NACK) === bytes.length)) {
    return examined.found('odd-parity', '0x7F and every command are refused, in one piece and with a pause between the bytes');
  }
  examined.found('wrong-rate', `Get ID is answered by ${came.map((bytes) => hex(bytes) || 'nothing').join(', then by ')}`);
}
