/**
 * What does the converter do with somebody who comes anew? A question is asked and the connection closed before its answer can come: kept, it
 * would greet the next client.
 */
import { ACK, NACK, SYNCHRONISATION } from '../bootloader/an3155.js';
import { readableText } from '../bootloader/wrong-answer.js';
import { concat, hex, isSame, startsWith } from './byte-runs.js';
import type { Case } from './case.js';
import { GET_ID, isIdAnswer } from './questions.js';

/** Longest pause between closing and opening: by then the answer has come to nobody. */
const LONGEST_AWAY_MS = 5000;
const GREETING_MS = 500;
const TWICE = Uint8Array.of(SYNCHRONISATION, SYNCHRONISATION);

export async function examineReconnection(examined: Case): Promise<void> {
  const { line, greeting } = examined;
  if (line.canReconnect) {
    await line.sendOnly(GET_ID);
    await examined.reconnect(Math.min(LONGEST_AWAY_MS, 200 + 2 * Math.max(...line.samples)));
    const heard = await line.listen(GREETING_MS + (line.firstConnectMs ?? 0));
    concludeGreetings(examined, concat(...heard.map(({ bytes }) => bytes)));
    const { bytes } = await line.ask(TWICE, (answer) => isSame(answer, Uint8Array.of(NACK)));
    if (bytes[0] === ACK) examined.found('resets-on-connect', 'after another connection a bootloader that was in step took 0x7F for its first byte');
    if (!isSame(bytes, Uint8Array.of(NACK))) await examined.regain();
  } else if (greeting.length > 0) {
    line.strays.push({ atMs: 0, bytes: greeting });
  }
}

function concludeGreetings(examined: Case, second: Uint8Array): void {
  const { greeting } = examined;
  const answerAt = second.findIndex((_, at) => isIdAnswer(second.subarray(at, at + 5)));
  if (answerAt >= 0) examined.found('stale-cache', `the answer to a question that was asked before the connection was closed greeted the next one: ${hex(second.subarray(answerAt))}`);
  const first = greeting.length > 0 && startsWith(greeting, second);
  if (first) return examined.found('banner', `each connection begins with ${quoted(greeting)}`);
  if (greeting.length > 0) examined.found('stale-cache', `the first connection began with ${quoted(greeting)}, and the second did not`);
}

function quoted(bytes: Uint8Array): string {
  const text = readableText(bytes);
  return text === undefined ? hex(bytes) : `“${text}”`;
}
