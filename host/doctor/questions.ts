/** Get and Get ID as questions, and what a bootloader of protocol V3.1 answers (AN3155 §3.1, §3.3). */
import { ACK, COMMANDS, commandFrame } from '../bootloader/an3155.js';

export const GET = commandFrame(COMMANDS.get);
export const GET_ID = commandFrame(COMMANDS.getId);

/** ACK, count, version 3.1, the eleven commands of every H7, ACK. */
export const GET_ANSWER = Uint8Array.of(0x79, 0x0b, 0x31, 0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82, 0x92, 0x79);

/** Of this form; V9.0 counts its commands wrongly (AN2606, STM32H74xxx/75xxx limitations). */
export function isGetAnswer(bytes: Uint8Array): boolean {
  return bytes.length === GET_ANSWER.length && bytes[0] === ACK && bytes.at(-1) === ACK;
}

export function isIdAnswer(bytes: Uint8Array): boolean {
  return bytes.length === 5 && bytes[0] === ACK && bytes[1] === 1 && bytes[4] === ACK;
}
