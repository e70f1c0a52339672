/** The COM-PORT option of Telnet (RFC 2217 §3): commands to a serial server, and its answers, which carry a code 100 higher. Pure. */
import type { LineSettings, Parity } from '../line-settings.js';
import type { ModemLines } from '../link.js';
import { escapeIac, IAC, OPTIONS, SB, SE } from './telnet-codes.js';

const COMMANDS = {
  setBaudRate: 1, setDataSize: 2, setParity: 3, setStopSize: 4, setControl: 5, lineStateMask: 10, modemStateMask: 11, purgeData: 12,
} as const;
/** What the server says of its own accord. */
const FLOW_CONTROL = { suspend: 108, resume: 109 } as const;
const ANSWER = 100;

const PARITY_CODES: Readonly<Record<Parity, number>> = { none: 1, odd: 2, even: 3 };
/** SET-CONTROL. RFC 2217 counts flow control of both directions together, inbound ones apart. */
const CONTROL = { noFlowControl: 1, dtrOn: 8, dtrOff: 9, rtsOn: 11, rtsOff: 12, noInboundFlowControl: 14 } as const;
const PURGE_BOTH = 3;

function command(code: number, ...value: readonly number[]): number[] {
  return [IAC, SB, OPTIONS.comPort, ...escapeIac(Uint8Array.of(code, ...value)), IAC, SE];
}

/** A setting that the server must confirm. */
export interface Setting {
  /** For messages. */
  readonly what: string;
  readonly code: number;
  readonly value: readonly number[];
  readonly describe: (value: Uint8Array) => string;
}

const asNumber = (value: Uint8Array): string => String(value.subarray(0, 4).reduce((sum, byte) => sum * 256 + byte, 0));
const asParity = ([code]: Uint8Array): string => Object.entries(PARITY_CODES).find(([, known]) => known === code)?.[0] ?? `code ${code}`;

export function settingsOf({ baudRate, parity, stopBits }: LineSettings): readonly Setting[] {
  return [
    { what: 'data bits', code: COMMANDS.setDataSize, value: [8], describe: asNumber },
    { what: 'parity', code: COMMANDS.setParity, value: [PARITY_CODES[parity]], describe: asParity },
    { what: 'stop bits', code: COMMANDS.setStopSize, value: [stopBits], describe: asNumber },
    { what: 'baud rate', code: COMMANDS.setBaudRate, value: [...new Uint8Array(Uint32Array.of(baudRate).buffer)].reverse(), describe: asNumber },
  ];
}

/** The settings, no flow control in either direction, no reports, and empty buffers: all in one message. */
export function setLineMessage(settings: readonly Setting[]): Uint8Array {
  return Uint8Array.from([
    ...settings.flatMap(({ code, value }) => command(code, ...value)),
    ...command(COMMANDS.setControl, CONTROL.noFlowControl),
    ...command(COMMANDS.setControl, CONTROL.noInboundFlowControl),
    ...command(COMMANDS.lineStateMask, 0),
    ...command(COMMANDS.modemStateMask, 0),
    ...command(COMMANDS.purgeData, PURGE_BOTH),
  ]);
}

export function modemLinesMessage({ dtr, rts }: ModemLines): Uint8Array {
  return Uint8Array.from([
    ...(dtr === undefined ? [] : command(COMMANDS.setControl, dtr ? CONTROL.dtrOn : CONTROL.dtrOff)),
    ...(rts === undefined ? [] : command(COMMANDS.setControl, rts ? CONTROL.rtsOn : CONTROL.rtsOff)),
  ]);
}

export interface Heard {
  /** Values of the answers, the last one of each. */
  readonly answers: Map<number, Uint8Array>;
  /** The server wants us to be silent. */
  isSuspended: boolean;
}

/** Takes in one subnegotiation of the option, its code first. */
export function hearServer(heard: Heard, [code, ...value]: Uint8Array): void {
  if (code === undefined) return;
  if (code === FLOW_CONTROL.suspend || code === FLOW_CONTROL.resume) heard.isSuspended = code === FLOW_CONTROL.suspend;
  else heard.answers.set(code, Uint8Array.from(value));
}

/** Undefined: no answer yet. sredird pads its answers, so only what was sent is compared. */
export function confirmation({ code, value }: Setting, { answers }: Heard): { readonly isRight: boolean; readonly value: Uint8Array } | undefined {
  const answer = answers.get(code + ANSWER);
  return answer && { isRight: value.every((byte, at) => answer[at] === byte), value: answer };
}
