/** What a job knows when it ends → the report: numbers for programs, a sentence for people. Pure. */
import type { H7Part } from '../device/h7-part.js';
import type { Report, ReportDetails } from '../flash-options.js';
import { imageLengthBytes } from '../image/image.js';
import type { RoundTrip } from '../link/round-trip.js';
import { keptBytes, programmedBytes, writtenSectors } from '../plan/plan.js';
import type { StubSession } from '../session/stub-session.js';
import type { Logbook } from './logbook.js';

/** @param ending where the board is now, or the plan */
export function makeReport(outcome: Report['outcome'], ending: string, log: Logbook): Report {
  const details = reportDetails(log);
  return { outcome, text: outcome === 'planned' ? ending : `${sentence(outcome, details)} ${ending}`, details };
}

/** The board in one line. */
export function describeDevice(part: H7Part, { facts, roundTrip }: StubSession): string {
  return `${part.name}, revision 0x${(facts.idcode >>> 16).toString(16)}, ${facts.flashSizeKiB} KiB flash, ROM 0x${facts.romVersion.toString(16)}, UID ${uidOf(facts)}, round trip ${roundTrip.smoothedMs.toFixed(0)} ms`;
}

/** Most significant word first. */
export function uidOf(facts: StubSession['facts']): string {
  return [facts.uid2, facts.uid1, facts.uid0].map((word) => word.toString(16).padStart(8, '0')).join('');
}

/** The job in numbers, as far as it came. */
export function reportDetails(log: Logbook): ReportDetails {
  const { image, link, plan, session, rom, executed } = log;
  const nowMs = link?.now() ?? 0;
  const phases = log.phases.secondsUntil(nowMs);
  const roundTrip = (session ?? rom)?.roundTrip;
  return {
    flash: log.flash,
    ...(log.phases.reached && { reached: log.phases.reached }),
    ...(log.startedMs !== undefined && { seconds: rounded((nowMs - log.startedMs) / 1000, 3) }),
    phases,
    ...(image && { image: { source: image.source, ...(image.fileSha256 !== undefined && { fileSha256: image.fileSha256 }), lengthBytes: imageLengthBytes(image) } }),
    ...deviceDetails(log),
    ...(plan && { sectors: sectorDetails(plan, log) }),
    ...restDetails(log),
    ...(link && { link: { name: link.name, ...link.traffic, ...(link.hasXonXoff && { avoidsXonXoff: true }) } }),
    ...(roundTrip && roundTrip.count > 0 && { roundTrip: roundTripDetails(roundTrip) }),
    ...(rom && { discardedBytes: rom.discardedBytes }),
    ...(session && { discardedBytes: session.discardedBytes, repeatedRequests: session.repeats, reconnects: session.link.renewals ?? 0 }),
    ...(log.ways && { ways: log.ways.map((way) => ({ ...way, seconds: rounded(way.seconds, 3) })) }),
    ...(executed && { streamBytes: executed.streamBytes, repeatedBytes: executed.repeatedBytes }),
    ...applicationDetails(log),
    ...goodput(log, phases.stream),
    ...stubDetails(session),
  };
}

function deviceDetails({ part, session }: Logbook): Pick<ReportDetails, 'device'> {
  if (part === undefined && session === undefined) return {};
  return {
    device: {
      ...(part && { part: part.name }),
      ...(session && { uid: uidOf(session.facts), romVersion: session.facts.romVersion, idcode: session.facts.idcode }),
    },
  };
}

/** The stub's last word comes from before the last erase, perhaps: once the flash is proven, all are done. */
function sectorDetails(plan: NonNullable<Logbook['plan']>, { session, flash }: Logbook): NonNullable<ReportDetails['sectors']> {
  const [touched, written] = [plan.sectors.length, writtenSectors(plan).length];
  const erased = flash === 'proven' ? plan.erases.length : (session?.progress?.erased ?? 0);
  return { touched, written, skipped: touched - written, ...(session && { erased }) };
}

function restDetails({ plan, rests }: Logbook): Pick<ReportDetails, 'rest'> {
  if (plan === undefined || rests === undefined) return {};
  const { fetchedBytes, fetchSeconds } = rests;
  return { rest: { keptBytes: keptBytes(plan), fetchedBytes, fetchSeconds: rounded(fetchSeconds, 3) } };
}

function applicationDetails({ application }: Logbook): Pick<ReportDetails, 'application'> {
  if (application === undefined) return {};
  const { expected, isHeard, afterMs, said } = application;
  return { application: { expected, isHeard, seconds: rounded(afterMs / 1000, 3), said: Buffer.from(said).toString('utf8') } };
}

function roundTripDetails({ minMs, smoothedMs, maxMs, count }: RoundTrip): NonNullable<ReportDetails['roundTrip']> {
  return { minMs: rounded(minMs, 1), smoothedMs: rounded(smoothedMs, 1), maxMs: rounded(maxMs, 1), samples: count };
}

function goodput({ plan, session, flash }: Logbook, streamSeconds: number | undefined): Pick<ReportDetails, 'goodputBytesPerSecond'> {
  if (plan === undefined || !streamSeconds) return {};
  const bytes = flash === 'proven' ? programmedBytes(plan) : (session?.progress?.programmed ?? 0) * plan.part.flashWordBytes;
  return { goodputBytesPerSecond: Math.round(bytes / streamSeconds) };
}

function stubDetails(session: StubSession | undefined): Pick<ReportDetails, 'board' | 'stub'> {
  if (session === undefined) return {};
  const { facts, progress } = session;
  return {
    ...(progress && { board: { receivedBytes: progress.lineBytes, discardedBytes: progress.discardedBytes, lineErrors: progress.lineErrors } }),
    stub: { wireVersion: facts.wireVersion, build: facts.buildHash },
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function sentence(outcome: 'flashed' | 'unchanged', { image, device, sectors, seconds, discardedBytes }: ReportDetails): string {
  const what = `${image?.lengthBytes} bytes of ${image?.source}`;
  const where = `in the flash of ${device?.part}`;
  const time = `${seconds?.toFixed(1)} s`;
  const foreign = discardedBytes ? ` ${discardedBytes} foreign bytes from the line were discarded.` : '';
  return outcome === 'unchanged'
    ? `${what} were ${where} already; the board's own digest proves it. ${time}.${foreign}`
    : `${what} are ${where}, proven by what the board read back, after ${time} (${sectors?.written} of ${sectors?.touched} sectors written).${foreign}`;
}
