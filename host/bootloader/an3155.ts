/**
 * AN3155, "USART protocol used in the STM32 bootloader": codes and frames as pure functions. Names are the note's own.
 *
 * Who sends them, and what to make of the answers, is in rom-line.ts and rom-session.ts.
 */

export const ACK = 0x79;
export const NACK = 0x1f;
/** Sent once after reset: the ROM measures its bit rate. To a ROM that listens already it is half a command (AN3155 §2). */
export const SYNCHRONISATION = 0x7f;

/** Command codes of protocol V3.1 that stage-flash uses (AN3155 table 2). */
export const COMMANDS = {
  get: 0x00,
  getId: 0x02,
  readMemory: 0x11,
  go: 0x21,
  writeMemory: 0x31,
  extendedErase: 0x44,
} as const;
export type Command = (typeof COMMANDS)[keyof typeof COMMANDS];

/** Read Memory and Write Memory move at most this much (AN3155 §3.4, §3.6). */
export const MAX_TRANSFER_BYTES = 256;

/** Sector counts from here on mean whole banks (AN3155 §3.8). */
const FIRST_SPECIAL_ERASE_CODE = 0xfff0;

/** The code and its complement. */
export function commandFrame(command: Command): Uint8Array {
  return Uint8Array.of(command, command ^ 0xff);
}

/** Four bytes, most significant first, and their checksum. */
export function addressFrame(address: number): Uint8Array {
  return withChecksum([address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff]);
}

/** The length of a Read Memory less one, and its complement. */
export function readLengthFrame(lengthBytes: number): Uint8Array {
  if (lengthBytes < 1 || lengthBytes > MAX_TRANSFER_BYTES) throw new RangeError(`Read Memory of ${lengthBytes} bytes`);
  return Uint8Array.of(lengthBytes - 1, (lengthBytes - 1) ^ 0xff);
}

/** The data of a Write Memory: length less one, bytes, checksum. AN3155 §3.6 wants a multiple of four bytes. */
export function dataFrame(data: Uint8Array): Uint8Array {
  if (data.length === 0 || data.length > MAX_TRANSFER_BYTES || data.length % 4 !== 0) throw new RangeError(`Write Memory of ${data.length} bytes`);
  return withChecksum([data.length - 1, ...data]);
}

/** The sectors of an Extended Erase: their count less one and their numbers, two bytes each, most significant first. */
export function sectorListFrame(sectorNumbers: readonly number[]): Uint8Array {
  if (sectorNumbers.length === 0 || sectorNumbers.length > FIRST_SPECIAL_ERASE_CODE) throw new RangeError(`Extended Erase of ${sectorNumbers.length} sectors`);
  return withChecksum([sectorNumbers.length - 1, ...sectorNumbers].flatMap((value) => [value >> 8, value & 0xff]));
}

/** XOR over all bytes: with it appended, the XOR is zero (AN3155 §3). */
function withChecksum(bytes: readonly number[]): Uint8Array {
  return Uint8Array.of(...bytes, bytes.reduce((xor, byte) => xor ^ byte, 0));
}
