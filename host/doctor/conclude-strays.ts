/** What came without being asked: signs of life, answers to somebody else's bytes, second copies. Pure but for the findings it adds. */
import { NACK } from '../bootloader/an3155.js';
import { readableText } from '../bootloader/wrong-answer.js';
import { hex } from './byte-runs.js';
import { seconds, type Case } from './case.js';
import type { Stray } from './probe-line.js';

/** What comes closer together is one event. */
const ONE_EVENT_MS = 500;
/** Address, function, two numbers, CRC: what every Modbus RTU master polls with. */
const MODBUS_REQUEST_BYTES = 8;

export function concludeStrays(examined: Case): void {
  const { line } = examined;
  const strays = [...line.strays].sort((one, other) => one.atMs - other.atMs);
  const texts = strays.filter(({ bytes }) => readableText(bytes) !== undefined);
  const [text] = texts;
  if (text !== undefined) examined.found('heartbeat-network', `unasked, “${readableText(text.bytes)!}” came${repetition(texts)}`);
  const refusals = events(strays.filter(({ bytes }) => bytes.every((byte) => byte === NACK)));
  const [first] = refusals;
  if (first !== undefined && line.datagramBytes === undefined) concludeForeignBytes(examined, first, refusals);
  const others = strays.filter((stray) => !texts.includes(stray) && stray.bytes.some((byte) => byte !== NACK));
  if (others.length > 0 && line.datagramBytes === undefined) examined.changes.push(`unasked: ${others.map(({ bytes }) => hex(bytes)).join(', ')}`);
}

function concludeForeignBytes(examined: Case, first: Stray, refusals: readonly Stray[]): void {
  const { foreignBytes } = examined;
  if (foreignBytes !== undefined) {
    const name = foreignBytes === MODBUS_REQUEST_BYTES ? 'second-client' : 'heartbeat-line';
    return examined.found(name, `the bootloader refused commands that nobody here sent: ${foreignBytes} bytes${repetition(refusals)}`);
  }
  const bytes = 2 * first.bytes.length;
  const isOdd = examined.hasOddBytes;
  const evidence = `the bootloader refused commands that nobody here sent: ${bytes}${isOdd ? ' or ' + String(bytes + 1) : ''} bytes${repetition(refusals)}`;
  // An odd byte more would show only where nothing else is asked, or by the next time.
  const isSure = !isOdd && (refusals.length > 1 || first.atMs >= examined.quietSinceMs);
  examined.found(isSure && refusals.every((event) => 2 * event.bytes.length === MODBUS_REQUEST_BYTES) ? 'second-client' : 'heartbeat-line', evidence);
}

/** Strays that come together, as one. */
function events(strays: readonly Stray[]): readonly Stray[] {
  const joined: Stray[] = [];
  for (const stray of strays) {
    const last = joined.at(-1);
    if (last === undefined || stray.atMs - last.atMs > ONE_EVENT_MS) joined.push(stray);
    else joined[joined.length - 1] = { atMs: last.atMs, bytes: Uint8Array.of(...last.bytes, ...stray.bytes) };
  }
  return joined;
}

function repetition(strays: readonly Stray[]): string {
  if (strays.length < 2) return '';
  const gaps = strays.slice(1).map(({ atMs }, index) => atMs - strays[index]!.atMs);
  return `, ${strays.length} times, every ${seconds(Math.min(...gaps))}`;
}
