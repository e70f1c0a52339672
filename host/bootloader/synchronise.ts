/**
 * Getting into step with the ROM bootloader, and back into step when it was lost.
 *
 * 0x7F does it all. A ROM that waits for its first byte measures the bit rate with it and answers ACK. A ROM that listens already
 * takes it for half a command: the second one completes a command that does not exist, and the answer is NACK (AN3155 §2, §3). Some
 * pins of some revisions want it twice. No frame that begins with it means anything, in whatever state the ROM is.
 */
import type { StageFlashError } from '../errors.js';
import type { Link } from '../link/link.js';
import { SYNCHRONISATION } from './an3155.js';
import type { RomLine } from './rom-line.js';
import { UNKNOWN_ROUND_TRIP_MS } from './rom-line.js';
import { wrongAnswer } from './wrong-answer.js';

const SYNC_FRAME = Uint8Array.of(SYNCHRONISATION);
const SYNC_QUESTION = { asked: 'the synchronisation byte', frame: SYNC_FRAME, part: 'synchronisation' } as const;

/**
 * Completes whatever frame a ROM waits for, and fails it: the data of a Write Memory are length byte, 256 bytes and checksum at most.
 *
 * 0x7F first, for the ROM may be fresh from reset and any other first byte would make it deaf. Not 0x7F throughout, for taken as
 * length byte it announces 128 data bytes, and with so many of the same the checksum would be right: the 0x00 spoils it, also after
 * one or two single 0x7F. As an address it is none, as commands 7F 7F and 00 7F are refused. In the middle of data one case in 256
 * passes all the same: repeat afterwards only what may happen twice.
 */
export const FILL = Uint8Array.from({ length: 258 }, (_, index) => (index === 1 ? 0x00 : SYNCHRONISATION));

/** A datagram gets lost as a whole. Done twice, the filling is refused as commands. */
const DATAGRAM_ATTEMPTS = 3;

/** Two are enough unless one of them, or its NACK, gets lost. */
const PROBES = 4;

export interface Synchronised {
  /**
   * Two bytes were sent and one answer came: if it was meant for the first and only late, the second is now half a command. The next
   * command settles that: it is refused then.
   */
  readonly mayBeHalfACommandAhead: boolean;
}

/**
 * @param say is told why it takes longer than one round trip
 * @throws StageFlashError kind `bootloader` when no bootloader answers
 */
export async function synchronise(line: RomLine, say: (text: string) => void): Promise<Synchronised> {
  const first = await line.exchange(SYNC_FRAME, { alone: true, waitMs: firstWaitMs(line.link) });
  if (first.kind === 'ack' || first.kind === 'nack') return { mayBeHalfACommandAhead: false };
  if (first.kind === 'foreign') throw wrongAnswer(line.link, SYNC_QUESTION, first);

  say('No answer to the first 0x7F. Some pins want a second one, and so does a bootloader that is in step already.');
  const second = await line.exchange(SYNC_FRAME, { alone: true, measured: false });
  if (second.kind === 'ack' || second.kind === 'nack') return { mayBeHalfACommandAhead: true };
  if (second.kind === 'foreign') throw wrongAnswer(line.link, SYNC_QUESTION, second);

  say('No answer to the second 0x7F either. Perhaps an earlier session was cut off in the middle of a frame: completing it.');
  await recover(line, wrongAnswer(line.link, SYNC_QUESTION, second));
  return { mayBeHalfACommandAhead: false };
}

/**
 * A second 0x7F too early becomes half a command, which is mended later for two round trips; too late, it keeps those waiting whose
 * board needs it. Where the network tells how long it took to connect, four times that, and at the least what ordinary links need;
 * that guess may be far too short, so only the first wait relies on it.
 */
function firstWaitMs({ connectMs }: Link): number {
  return connectMs === undefined ? UNKNOWN_ROUND_TRIP_MS : Math.min(UNKNOWN_ROUND_TRIP_MS, Math.max(2500, 4 * connectMs));
}

/**
 * Brings a ROM that waits for any part of a frame back to waiting for a command.
 * @throws `lost` when nothing answers
 */
export async function recover(line: RomLine, lost: StageFlashError): Promise<void> {
  // Most of these bytes make commands that are refused, one NACK each: not one of them is no accident.
  const attempts = line.link.datagramBytes === undefined ? 1 : DATAGRAM_ATTEMPTS;
  for (let attempt = 0; attempt < attempts; attempt++) {
    // On two wires its answers come while we still send, and are not heard.
    if ((await line.provoke(FILL)) || line.link.line.isHalfDuplex) return completeCommand(line, lost);
  }
  throw lost;
}

/** For a ROM that has zero or one byte of a command: after the NACK it has none. */
export async function completeCommand(line: RomLine, lost: StageFlashError): Promise<void> {
  for (let sent = 0; sent < PROBES; sent++) {
    const reply = await line.exchange(SYNC_FRAME, { measured: false });
    if (reply.kind === 'ack' || reply.kind === 'nack') return line.drain();
  }
  throw lost;
}
