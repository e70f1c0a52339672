/** How far is the stub? Asked until it answers: with one pair of wires nothing else tells (PROTOCOL.md §5). */
import { lineTimeMs } from '../link/line-settings.js';
import { FRAME_OVERHEAD_BYTES } from '../protocol/frame.js';
import { fixedBytes } from '../protocol/fields.js';
import { LIMITS, MESSAGES } from '../protocol/wire.js';
import { ANSWER_MS, type Progress, type StubSession } from './stub-session.js';

/** With as much of the map as there may be. */
const LONGEST_ANSWER_BYTES = FRAME_OVERHEAD_BYTES + fixedBytes(MESSAGES.progress.fields) + LIMITS.mapBytes.value;
const MOST_DOUBLINGS = 4;

/**
 * @param onAsk is told the number of each question before it is sent
 * @throws StageFlashError as StubSession.listen
 */
export async function askProgress(session: StubSession, onAsk: (request: number) => void = () => undefined): Promise<Progress> {
  const { link, roundTrip, pacer } = session;
  let first = 0;
  for (let attempt = 0; ; attempt++) {
    if (attempt > 0) session.repeats++;
    const request = session.newRequest();
    first ||= request;
    onAsk(request);
    const { renewals } = link;
    const before = session.progress;
    await session.send('poll', request, {});
    const answerMs = LIMITS.quietMs.value + lineTimeMs(LONGEST_ANSWER_BYTES, link.line);
    const deadlineMs = pacer.freeAtMs + roundTrip.timeoutMs(ANSWER_MS + answerMs) * 2 ** Math.min(attempt, MOST_DOUBLINGS);
    // A new connection brings no answer to a question of the old one.
    while (link.now() < deadlineMs && link.renewals === renewals) {
      await session.listen(deadlineMs);
      const { progress } = session;
      if (progress !== undefined && progress !== before && progress.poll >= first) return progress;
    }
  }
}
