/**
 * What came instead of an answer, in words: silence, an application that talks, an echo, garbage. One line and one hint each.
 */
import { StageFlashError } from '../errors.js';
import type { Link } from '../link/link.js';
import { containsFrame } from '../protocol/frame.js';
import type { Reply } from './rom-line.js';

export type WrongReply = Exclude<Reply, { readonly kind: 'ack' }>;

/** What was sent last and is answered wrongly. */
export interface Question {
  /** The command in words: `Write Memory at 0x20004100`. */
  readonly asked: string;
  readonly frame: Uint8Array;
  /** Which frame of the command it was: a refusal of each means something else. */
  readonly part: 'synchronisation' | 'command' | 'address' | 'data';
}

const IN_ROM = 'the chip must have been reset with BOOT0 high';
const LINE = 'the converter must be set to 8 data bits, even parity, one stop bit (8E1)';

export function wrongAnswer(link: Link, question: Question, reply: WrongReply): StageFlashError {
  const { asked, part } = question;
  const where = place(link);
  if (reply.kind === 'silence') return new StageFlashError('bootloader', `${where}: no answer to ${asked}`, { hint: `${SILENCE_HINTS[part]}${link.line.isHalfDuplex ? ` ${TURNAROUND}` : ''}` });
  if (reply.kind === 'nack') return new StageFlashError('bootloader', `${where}: the bootloader refuses ${asked} (${part})`, { hint: refusalHint(question) });
  return foreignAnswer(where, question, reply.bytes);
}

/** `sim:` has its colon already. */
export function place(link: Link): string {
  return link.name.replace(/:$/, '');
}

const EATEN = 'Bytes get lost or changed on the way: the converter must pass all of them (raw mode, no telnet, no XON/XOFF); check baud rate and wiring';

/** AN2606 table 228 leaves 35 µs between the end of a frame and its answer. */
const TURNAROUND = 'On two wires the converter must turn around within 30 µs, for so soon the ROM bootloader answers: set its turnaround or release delay to the shortest; stage-flash doctor tells.';

const SILENCE_HINTS: Readonly<Record<Question['part'], string>> = {
  synchronisation: `Check in this order: ${IN_ROM}; ${LINE}; TX and RX must be crossed.`,
  command: `${EATEN}; ${LINE}.`,
  address: `${EATEN}.`,
  data: `${EATEN}.`,
};

const REFUSAL_HINTS: Readonly<Record<Question['part'], string>> = {
  synchronisation: 'Reset the board and try again.',
  // An 8N1 converter sends the stop bit where the ROM expects parity: single bytes of odd weight pass, pairs do not.
  command: `The line is wrong: ${LINE}.`,
  address: 'This version of the bootloader does not accept that address.',
  data: `${EATEN}.`,
};

/** Read-out protection leaves Get, Get Version and Get ID; what else is refused at the command byte is refused by it (AN3155 §3). */
function refusalHint({ asked, part }: Question): string {
  if (part !== 'command' || asked.startsWith('Get')) return REFUSAL_HINTS[part];
  return 'Read-out protection is on, most likely (RDP level 1). Lifting it erases the whole flash: STM32CubeProgrammer, or `stm32flash -k` (Readout Unprotect). Else the line is wrong: '
    + `${LINE}.`;
}

/** @param where the board is, as a message says it */
export function stubAtWork(where: string): StageFlashError {
  return new StageFlashError('bootloader', `${where}: a stage-flash stub works on this board, for somebody else`, {
    hint: 'Flash the same image from the host that began, and the job goes on; flashing with --takeover ends it and begins anew.',
  });
}

function foreignAnswer(where: string, { asked, frame }: Question, bytes: Uint8Array): StageFlashError {
  if (containsFrame(bytes)) return stubAtWork(where);
  const text = readableText(bytes);
  if (text !== undefined) {
    return new StageFlashError('bootloader', `${where}: the board answers, but not as a bootloader: it says "${text}"`, {
      hint: `An application is running, or the converter speaks itself; ${IN_ROM}.`,
    });
  }
  if (startsWith(frame, bytes)) {
    return new StageFlashError('bootloader', `${where}: what is sent comes back unchanged, and nothing else`, {
      hint: 'Something echoes: a loop-back plug, a two-wire RS-485 line, or an application.',
    });
  }
  return new StageFlashError('bootloader', `${where}: ${asked} was answered by ${hexBytes(bytes)}`, {
    hint: `Check the baud rate on both sides; ${LINE}. A wrong first byte after reset makes the bootloader deaf until the next reset.`,
  });
}

const SHOWN_CHARACTERS = 60;
const SHOWN_BYTES = 16;

/** Undefined unless it looks like text: at least four characters, nine in ten printable. */
export function readableText(bytes: Uint8Array): string | undefined {
  const characters = Buffer.from(bytes).toString('latin1');
  const printable = characters.replace(/[^\t\n\r\x20-\x7e]/g, '');
  if (characters.length < 4 || printable.length < 0.9 * characters.length) return undefined;
  const line = printable.replace(/\s+/g, ' ').trim();
  if (line === '') return undefined;
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
}

function startsWith(whole: Uint8Array, beginning: Uint8Array): boolean {
  return beginning.length <= whole.length && beginning.every((byte, index) => byte === whole[index]);
}

function hexBytes(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, SHOWN_BYTES), (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
  return bytes.length > SHOWN_BYTES ? `${shown} … (${bytes.length} bytes)` : shown;
}
