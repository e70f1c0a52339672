/** Loader → running stub: its frames, and its FACTS as their proof. */
import { ConverterRoom } from '../link/converter-room.js';
import type { Link } from '../link/link.js';
import type { RoundTrip } from '../link/round-trip.js';
import { FrameDecoder, type Frame } from '../protocol/frame.js';
import { masksFor } from '../protocol/masks.js';
import { decodeMessage, encodeMessage, type MessageValues } from '../protocol/messages.js';
import { faultError } from '../session/stub-error.js';
import { deliver, greetLoader } from './deliver.js';
import { refuseKickOnLine, type Kick } from './kick.js';
import { LoaderAnswers } from './loader-answers.js';
import { stubChunks } from './loader-chunks.js';
import { loaderFrames } from './loader-frames.js';

export interface StartedStub {
  readonly facts: MessageValues<'facts'>;
  /** Has heard everything since the greeting; goes on in the session. Its count of discarded bytes includes what came before. */
  readonly decoder: FrameDecoder;
  /** On the link's clock. */
  readonly greetedAtMs: number;
}

/**
 * @param token the one that was patched into the loader
 * @param room learns what the converter holds
 * @param kick what the stub has been told of it
 * @throws StageFlashError kind `bootloader` when no greeting comes, `refused` when the pin to be kicked is the line's, `stub` when the stub does not start
 */
export async function startStub(link: Link, roundTrip: RoundTrip, stub: Uint8Array, token: number, room = new ConverterRoom(link.line), kick?: Kick): Promise<StartedStub> {
  const frames = loaderFrames(stubChunks(stub), token, masksFor(link));
  const answers = new LoaderAnswers(token, frames.map(({ address }) => address));
  await greetLoader(link, roundTrip, answers);
  const greetedAtMs = link.now();
  refuseKickOnLine(kick, answers.usart!);
  const beforeGreeting = { otherBytes: answers.otherBytes, answerBytes: answers.answerBytes };
  const decoder = new FrameDecoder(token);
  const question = encodeMessage('hello', token, 0, {}, masksFor(link));
  const facts = await deliver(link, roundTrip, { what: 'stub', frames, answers, question, prove: (bytes) => factsIn(decoder.push(bytes)) }, room);
  decoder.discardedBytes += beforeGreeting.otherBytes - (answers.answerBytes - beforeGreeting.answerBytes);
  return { facts, decoder, greetedAtMs };
}

function factsIn(frames: readonly Frame[]): MessageValues<'facts'> | undefined {
  for (const frame of frames) {
    const message = decodeMessage(frame);
    if (message?.name === 'facts') return message.values;
    if (message?.name === 'fault') throw faultError(message.values);
  }
  return undefined;
}
