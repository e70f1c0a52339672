/** Read Memory and Write Memory, step by step: where one of them goes wrong, and how, is what the doctor wants to know. */
import type { Command } from '../bootloader/an3155.js';
import { ACK, COMMANDS, NACK, addressFrame, commandFrame, dataFrame, readLengthFrame } from '../bootloader/an3155.js';
import { isVerdict } from './into-step.js';
import type { Heard, ProbeLine } from './probe-line.js';

export type Step = 'command' | 'address' | 'data';

export interface Access {
  /** Undefined: every step was acknowledged, and what was read, if anything, is as expected. */
  readonly failedAt: Step | undefined;
  readonly isRefused: boolean;
  /** What answered the last step. */
  readonly heard: Heard;
}

export function writeMemory(line: ProbeLine, address: number, bytes: Uint8Array): Promise<Access> {
  return access(line, COMMANDS.writeMemory, address, dataFrame(bytes), isAck);
}

/** @param isExpected of the data; without it any of the right length will do */
export function readMemory(line: ProbeLine, address: number, lengthBytes: number, isExpected: (data: Uint8Array) => boolean = () => true): Promise<Access> {
  const isWhole = (bytes: Uint8Array): boolean => bytes.length === 1 + lengthBytes && bytes[0] === ACK && isExpected(bytes.subarray(1));
  return access(line, COMMANDS.readMemory, address, readLengthFrame(lengthBytes), isWhole, lengthBytes);
}

async function access(line: ProbeLine, command: Command, address: number, last: Uint8Array, isWhole: (bytes: Uint8Array) => boolean, answerBytes = 0): Promise<Access> {
  const steps = [['command', commandFrame(command)], ['address', addressFrame(address)]] as const;
  for (const [step, frame] of steps) {
    const heard = await line.ask(frame, isVerdict);
    if (!isAck(heard.bytes)) return failed(step, heard);
  }
  const heard = await line.ask(last, isWhole, { lineBytes: last.length + 1 + answerBytes });
  return isWhole(heard.bytes) ? { failedAt: undefined, isRefused: false, heard } : failed('data', heard);
}

function failed(failedAt: Step, heard: Heard): Access {
  return { failedAt, isRefused: heard.bytes.length > 0 && heard.bytes.every((byte) => byte === NACK), heard };
}

function isAck(bytes: Uint8Array): boolean {
  return bytes.length === 1 && bytes[0] === ACK;
}
