/**
 * How many steps of a stream may be on their way before the stub has come to them: few, because a cut leaves their sectors in doubt, and enough that the
 * flash never waits for the news that the next one may come.
 */
import type { Changes } from '../plan/changes.js';
import { streamSeconds } from '../plan/estimate.js';
import type { Plan } from '../plan/plan.js';
import { lineTimeMs } from '../link/line-settings.js';
import { NEWS_MS } from '../session/run-stream.js';
import type { StubSession } from '../session/stub-session.js';

const AT_ONCE = { secondsPerByte: 0, roundTripSeconds: 0, reportSeconds: 0, frameBytes: 4096 };
/** The quickest steps take so much of what they take on average: little content, or a flash that is better than typical. */
const QUICKEST = 0.5;
/** A question and its answer. */
const NEWS_BYTES = 128;

/** @returns how many, to be asked again when the round trip has changed */
export function stepsAhead(plan: Plan, stream: Uint8Array, { all }: Changes, { roundTrip, link, facts }: Pick<StubSession, 'roundTrip' | 'link' | 'facts'>): () => number {
  const steps = (all.at(-1)?.step ?? 0) + 1;
  const stepMs = (1000 * QUICKEST * streamSeconds(plan, stream, facts.windowBytes, AT_ONCE)) / steps;
  return () => Math.max(2, Math.ceil(roundTrip.timeoutMs(NEWS_MS + lineTimeMs(NEWS_BYTES, link.line)) / stepMs));
}
