/** What a job knows when it ends → the report: numbers for programs, a sentence for people. Pure. */
import type { H7Part } from '../device/h7-part.js';
import type { Report, ReportDetails } from '../flash-options.js';
import { imageLengthBytes, type Image } from '../image/image.js';
import { writtenSectors, type Plan } from '../plan/plan.js';
import type { Executed } from '../session/execute-plan.js';
import type { StubSession } from '../session/stub-session.js';

/** Without a session the ROM bootloader did everything. */
export interface JobFacts {
  readonly image: Image;
  readonly part: H7Part;
  readonly plan: Plan;
  /** From the first byte sent to the end, on the link's clock. */
  readonly seconds: number;
  readonly session?: StubSession;
  readonly executed?: Executed;
}

/** @param ending where the board is now, or the plan */
export function makeReport(outcome: Report['outcome'], ending: string, facts: JobFacts): Report {
  const details = reportDetails(facts);
  return { outcome, text: outcome === 'planned' ? ending : `${sentence(outcome, facts, details)} ${ending}`, details };
}

/** The board in one line. */
export function describeDevice(part: H7Part, { facts, roundTrip }: StubSession): string {
  return `${part.name}, revision 0x${(facts.idcode >>> 16).toString(16)}, ${facts.flashSizeKiB} KiB flash, ROM 0x${facts.romVersion.toString(16)}, UID ${uidOf(facts)}, round trip ${roundTrip.smoothedMs.toFixed(0)} ms`;
}

function uidOf(facts: StubSession['facts']): string {
  return [facts.uid2, facts.uid1, facts.uid0].map((word) => word.toString(16).padStart(8, '0')).join('');
}

function reportDetails({ image, part, plan, seconds, session, executed }: JobFacts): ReportDetails {
  return {
    image: { source: image.source, lengthBytes: imageLengthBytes(image) },
    device: { part: part.name, ...(session && { uid: uidOf(session.facts), romVersion: session.facts.romVersion, idcode: session.facts.idcode }) },
    sectors: { written: writtenSectors(plan).length, touched: plan.sectors.length },
    seconds: Math.round(seconds * 1000) / 1000,
    ...(session && {
      roundTripMs: Math.round(session.roundTrip.smoothedMs * 10) / 10,
      discardedBytes: session.discardedBytes,
      repeatedRequests: session.repeats,
      reconnects: session.link.renewals ?? 0,
    }),
    ...(executed && { streamBytes: executed.streamBytes, repeatedBytes: executed.repeatedBytes }),
  };
}

function sentence(outcome: 'flashed' | 'unchanged', { image, part }: JobFacts, details: ReportDetails): string {
  const what = `${details.image.lengthBytes} bytes of ${image.source}`;
  const where = `in the flash of ${part.name}`;
  const foreign = details.discardedBytes ? ` ${details.discardedBytes} foreign bytes from the line were discarded.` : '';
  return outcome === 'unchanged'
    ? `${what} were ${where} already; the board's own digest proves it. ${details.seconds.toFixed(1)} s.${foreign}`
    : `${what} are ${where}, proven by what the board read back, after ${details.seconds.toFixed(1)} s (${details.sectors.written} of ${details.sectors.touched} sectors written).${foreign}`;
}
