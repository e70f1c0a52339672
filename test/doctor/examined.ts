/** A virtual board, examined; what was sent is counted, and the flash compared. */
import type { Diagnosis } from '../../host/flash-options.js';
import { examine } from '../../host/doctor/examinations.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { flashedOver, flashOf, incompressible, openBoard, runJob } from '../e2e/virtual-board.js';

export interface Examined {
  readonly diagnosis: Diagnosis;
  readonly names: readonly string[];
  readonly tookMs: number;
  readonly link: SimLink;
}

/** @param query board options as in a `sim:` URL */
export async function examined(query: string, prepare: (link: SimLink) => void | Promise<void> = () => undefined): Promise<Examined> {
  const link = await openBoard(query);
  await prepare(link);
  const flash = flashOf(link);
  const beganMs = link.now();
  const diagnosis = await examine(link, { say: () => undefined });
  if (Buffer.compare(flash, flashOf(link)) !== 0) throw new Error('the doctor has changed the flash');
  const tookMs = link.now() - beganMs;
  await link.close();
  return { diagnosis, names: diagnosis.findings.map(({ name }) => name), tookMs, link };
}

/** The promise: a minute, and thirty round trips. */
export function promisedMs({ diagnosis, link }: Examined): number {
  return 60_000 + 30 * (diagnosis.facts.roundTrip?.medianMs ?? link.options.rtt);
}

/** A job right behind the examination, over a connection of its own. */
export async function flashesAtOnce({ link }: Examined): Promise<boolean> {
  const image = incompressible(4096);
  const again = connectSimLink(link.world, link.options);
  const expected = flashedOver(flashOf(again), image, again);
  const { report } = await runJob(image, again);
  return report.outcome === 'flashed' && Buffer.compare(flashOf(again), expected) === 0;
}
