/** A diagnosis → lines for people: what was measured, then each trouble with its evidence, meaning and remedy. Pure. */
import type { Diagnosis, LinkFacts } from '../flash-options.js';
import { isFew } from './examine-bursts.js';

const SHOWN_PARTS = 3;

export function describeDiagnosis({ findings, facts }: Diagnosis): string {
  const verdict = findings.length === 0 ? 'Healthy: nothing was found.' : `${findings.length === 1 ? 'One finding' : `${findings.length} findings`}:`;
  const troubles = findings.flatMap(({ name, evidence, meaning, remedy }) => [name, `  seen:   ${evidence}.`, `  means:  ${meaning}`, `  remedy: ${remedy}`]);
  return [...describeFacts(facts), verdict, ...troubles].join('\n');
}

/** One fact a line. */
function describeFacts(facts: LinkFacts): readonly string[] {
  const { roundTrip, holdingMs, bitRate, burst, rdpLevel, deviceId, romVersion, romBugs = [], protocolVersion } = facts;
  const rows: (readonly [string, string] | undefined)[] = [
    roundTrip && ['round trip', `${ms(roundTrip.minMs)} / ${ms(roundTrip.medianMs)} / ${ms(roundTrip.maxMs)} (least, median, most of ${roundTrip.samples} samples)`],
    holdingMs === undefined ? undefined : ['held back', `${ms(holdingMs)} of it, unless somebody nearer has opened the connection for the converter`],
    bitRate && ['bit rate', bitRate.measured === undefined ? `${bitRate.believed}, as the link says (not measured)` : `${bitRate.measured}, as measured`],
    burst && ['burst', burstText(burst)],
    deviceId === undefined ? undefined : ['device id', deviceIdText(deviceId, facts.couldBe)],
    romVersion === undefined ? undefined : ['ROM bootloader', bootloaderText(romVersion, protocolVersion, romBugs)],
    rdpLevel === undefined ? undefined : ['read-out protection', `level ${rdpLevel}`],
  ];
  const known = rows.filter((row) => row !== undefined);
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
}

/** A few bytes are missing for another reason than a buffer that is full, and then a finding says which. */
function burstText({ sentBytes, arrivedBytes }: NonNullable<LinkFacts['burst']>): string {
  if (arrivedBytes === sentBytes) return `${sentBytes} bytes at once pass whole`;
  return isFew(arrivedBytes, sentBytes) ? `${arrivedBytes} of ${sentBytes} bytes at once: so much the converter's buffer holds` : `${arrivedBytes} of ${sentBytes} bytes at once pass: no buffer is full, but some got lost`;
}

function bootloaderText(version: number, protocolVersion: number | undefined, bugs: readonly string[]): string {
  const protocol = protocolVersion === undefined ? '' : `, protocol V${protocolVersion >> 4}.${protocolVersion & 15}`;
  return `${hexByte(version)}${protocol}${bugs.length === 0 ? ', no bugs known that matter here' : `; known bugs: ${bugs.join('; ')}`}`;
}

function hexByte(value: number): string {
  return `0x${value.toString(16)}`;
}

function deviceIdText(deviceId: number, couldBe: readonly string[] = []): string {
  return `${hexByte(deviceId)}: ${couldBe.length === 0 ? 'no part that stage-flash knows' : listed(couldBe)}`;
}

function listed(names: readonly string[]): string {
  const more = names.length - SHOWN_PARTS;
  return more > 0 ? `${names.slice(0, SHOWN_PARTS).join(', ')} or one of ${more} others` : names.join(', ');
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
