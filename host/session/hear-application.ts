/** After the farewell: does the application say what it should? It speaks on the line that the session used, with its settings. */
import type { StubSession } from './stub-session.js';

export interface Expectation {
  /** Must occur somewhere in what the application says, byte for byte (UTF-8). */
  readonly text: string;
  /** From the stub's last word on; the link may add one round trip. */
  readonly withinMs: number;
}

export interface ApplicationHeard {
  readonly expected: string;
  readonly isHeard: boolean;
  /** Until the text was complete, or until nobody listened any more. */
  readonly afterMs: number;
  /** What the line brought, the last 64 KiB of it. */
  readonly said: Uint8Array;
}

/** An application that talks without end fills no more than this. */
const MOST_BYTES = 65_536;

/** The stub has left, or nothing is known of it. @throws StageFlashError kind `link` when the connection is lost for good */
export async function hearApplication(session: Pick<StubSession, 'link' | 'roundTrip' | 'takeTrailing'>, { text, withinMs }: Expectation): Promise<ApplicationHeard> {
  const { link, roundTrip } = session;
  const startMs = link.now();
  const deadlineMs = startMs + roundTrip.timeoutMs(withinMs);
  const wanted = Buffer.from(text, 'utf8');
  let said = Buffer.from(session.takeTrailing());
  while (!said.includes(wanted) && link.now() < deadlineMs) {
    said = Buffer.concat([said, await link.receive(deadlineMs)]).subarray(-MOST_BYTES);
  }
  return { expected: text, isHeard: said.includes(wanted), afterMs: link.now() - startMs, said: new Uint8Array(said) };
}
