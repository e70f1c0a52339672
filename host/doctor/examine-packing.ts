/**
 * How long does the converter hold the board's bytes back? The three frames of a Write Memory go out as one: their ACKs leave the board with a
 * known time between the second and the third. What packs for longer brings them together, what waits for an acknowledgement (Nagle,
 * RFC 896) brings the third late.
 *
 * The one place where frames of AN3155 do not wait for each other: the content makes no command, in step or out of it.
 */
import { ACK, addressFrame, COMMANDS, commandFrame, dataFrame } from '../bootloader/an3155.js';
import { lineTimeMs } from '../link/line-settings.js';
import { LIMITS } from '../protocol/wire.js';
import { concat, isSame } from './byte-runs.js';
import type { Case } from './case.js';
import { roundTrips } from './examine-times.js';

/** The time between ACKs that is aimed at: a packing interval that is longer costs more than it saves. */
const APART_MS = 25;
/** On a faster line the content of a Write Memory takes too little time to tell much. */
const SHORTEST_APART_MS = 10;
const ATTEMPTS = 3;
/** Every time: no spread of the network's. */
const LATE_MS = 12;
/** Not 0x7F: where a byte is lost, the 0x7F that regains the step would be the right checksum. */
const CONTENT = 0x7e;
/** The first ACK may leave before the second: command and address are so many characters. */
const FIRST_CHARACTERS = 7;
const ACKS = Uint8Array.of(ACK, ACK, ACK);

export async function examinePacking(examined: Case): Promise<void> {
  const { line, facts } = examined;
  const characterMs = lineTimeMs(1, { ...line.settings, baudRate: line.measuredRate ?? line.settings.baudRate });
  const lengthBytes = Math.max(4, Math.min(248, 4 * Math.round(APART_MS / characterMs / 4)));
  const apartMs = (lengthBytes + 2) * characterMs;
  if (facts.rdpLevel !== 0 || apartMs < SHORTEST_APART_MS || line.settings.isHalfDuplex || examined.has('half-duplex')) return;
  const gaps: number[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const heard = await line.ask(writeInOne(lengthBytes), (bytes) => isSame(bytes, ACKS), { lineBytes: lengthBytes + 12 });
    if (isSame(heard.bytes, ACKS)) gaps.push(heard.spreadMs);
    else await examined.regain();
  }
  if (gaps.length === ATTEMPTS) concludePacking(examined, gaps, apartMs, apartMs + FIRST_CHARACTERS * characterMs);
}

function writeInOne(lengthBytes: number): Uint8Array {
  return concat(commandFrame(COMMANDS.writeMemory), addressFrame(LIMITS.loaderBaseAddress.value), dataFrame(new Uint8Array(lengthBytes).fill(CONTENT)));
}

function concludePacking(examined: Case, gaps: readonly number[], apartMs: number, mostApartMs: number): void {
  const { line } = examined;
  const trips = roundTrips(line.samples);
  // Where the round trip spreads by more, packets meet and part by chance.
  if (trips === undefined || trips.maxMs - trips.minMs > apartMs) return;
  const [least, most] = [Math.min(...gaps), Math.max(...gaps)];
  if (most < apartMs / 2) {
    return examined.found('slow-packing', `answers that leave the board ${apartMs.toFixed(0)} ms apart arrive together`);
  }
  if (least > mostApartMs + LATE_MS) examined.found('delayed-packets', `of two answers that leave the board ${apartMs.toFixed(0)} ms apart the second arrives ${least.toFixed(0)} ms after the first`);
}
