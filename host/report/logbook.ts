/**
 * What a job has come to know, written down by its stations on the way: whatever end it comes to, the report is made of this. Facts that
 * are not there yet are missing.
 */
import type { H7Part } from '../device/h7-part.js';
import type { EventSink } from '../events.js';
import type { FlashState } from '../flash-options.js';
import type { Image } from '../image/image.js';
import type { Traffic } from '../link/counting-link.js';
import type { Link } from '../link/link.js';
import type { RoundTrip } from '../link/round-trip.js';
import type { Way } from '../plan/describe-plan.js';
import type { Plan } from '../plan/plan.js';
import type { Executed } from '../session/execute-plan.js';
import type { ApplicationHeard } from '../session/hear-application.js';
import type { StubSession } from '../session/stub-session.js';
import { PhaseClock } from './phase-clock.js';

export interface Logbook {
  readonly phases: PhaseClock;
  flash: FlashState;
  image?: Image;
  /** Over which the job runs, and its time when the job began. */
  link?: Link & { readonly traffic: Traffic };
  startedMs?: number;
  /** The conversation with the ROM bootloader: it measures first. */
  rom?: { readonly roundTrip: RoundTrip; readonly discardedBytes: number };
  session?: StubSession;
  part?: H7Part;
  plan?: Plan;
  rests?: { readonly fetchedBytes: number; readonly fetchSeconds: number };
  ways?: readonly Way[];
  executed?: Executed;
  application?: ApplicationHeard | undefined;
}

export function newLogbook(events: EventSink): Logbook {
  return { phases: new PhaseClock(events), flash: 'untouched' };
}
