/** `stage-flash erase`: erases whole sectors, with consent, and proves that they are erased. */
import { outsideFlash, sectors, sectorsCovering, type AddressRange, type Sector } from './device/memory-map.js';
import type { H7Part } from './device/h7-part.js';
import { StageFlashError, hex32 } from './errors.js';
import type { EraseOptions, EraseReport } from './flash-options.js';
import { demandConsent, demandSomebodyToAsk } from './job/consent.js';
import { rememberedAs } from './job/remembered-as.js';
import { forgetOnDisk } from './job/rest-on-disk.js';
import { saveWithoutPlan } from './job/sector-journal.js';
import { visitBoard, type Visit, type VisitPlace } from './job/visit-board.js';
import { erasedRanges, eraseStream } from './plan/erase-stream.js';
import { describeRuns } from './plan/describe-plan.js';
import { refuseAreas, refuseProtected } from './plan/protection.js';
import { reportDetails, uidOf } from './report/report.js';
import { restJournal } from './session/rest-journal.js';
import { runStream } from './session/run-stream.js';

/** Reading 2 MiB of flash with the slowest wait states. */
const READING_MS = 2000;

/** @throws StageFlashError kind `refused` with nothing erased; `flash`, `verify` */
export function erase(options: EraseOptions, place?: VisitPlace): Promise<EraseReport> {
  return visitBoard(options, {
    isChanging: true,
    begin: () => demandSomebodyToAsk(options.consent, 'erase flash'),
    work: (visit) => eraseSectors(visit, options),
    finish: ({ result: erased, ending, log }) => ({
      outcome: 'erased',
      text: `${erased.length === 1 ? '1 sector is' : `${erased.length} sectors are`} erased, the board's own digest proves it: ${describeRuns(erased)}. ${ending}`,
      details: reportDetails(log),
    }),
  }, place);
}

async function eraseSectors({ session, part, log, events, file }: Visit, options: EraseOptions): Promise<readonly Sector[]> {
  const chosen = chosenSectors(part, options.ranges);
  refuseAreas(part, chosen, session.facts);
  refuseProtected(part, chosen, session.facts);
  const ranges = erasedRanges(chosen);
  const filled = ranges.filter(({ digest }, index) => session.facts.sectorDigests[chosen[index]!.number] !== digest);
  events.phase('plan', `To be erased: ${chosen.length} of ${sectors(part).length} sectors, ${describeRuns(chosen)}; ${filled.length} of them hold something.`);
  await demandConsent(options.consent, `Erase ${describeRuns(chosen)} on the board ${uidOf(session.facts)}`);

  log.flash = 'unfinished';
  const proven = saveWithoutPlan({ file, events }, session, chosen.map(({ number }) => number));
  events.phase('stream', 'Erasing');
  const total = chosen.length * part.sectorBytes;
  // What reads blank is erased too: after an interrupted erase it may not stay so.
  const { digests } = await runStream({
    session, stream: eraseStream(chosen), ranges, signal: options.signal, digestWorkMs: READING_MS,
    onProgress: ({ erased }) => events.progress('stream', Math.min(total, erased * part.sectorBytes), total, 'erasing'),
  });
  const wrong = ranges.filter(({ digest }, index) => digests[index] !== digest);
  if (wrong.length > 0) {
    throw new StageFlashError('verify', `not erased, by the board's own digest: the sectors at ${wrong.map(({ address }) => hex32(address)).join(', ')}`, {
      hint: 'Run the same command again. If it stays so, the flash is worn out.',
    });
  }
  log.flash = 'proven';
  proven();
  // What earlier jobs have kept of them is not wanted any more.
  if (rememberedAs(options.to) !== undefined) forgetOnDisk(restJournal(), session.facts, chosen.map(({ number }) => number));
  return chosen;
}

/** In address order, each once. @throws StageFlashError kind `refused` for a range that reaches out of flash */
function chosenSectors(part: H7Part, ranges: readonly AddressRange[] | undefined): readonly Sector[] {
  if (ranges === undefined) return sectors(part);
  for (const range of ranges) {
    const [outside] = outsideFlash(part, range);
    if (outside === undefined) continue;
    throw new StageFlashError('refused', `${part.name} has no flash at ${hex32(outside.address)}`, { hint: `Its sectors are ${describeRuns(sectors(part))}.` });
  }
  const chosen = new Map(ranges.flatMap((range) => sectorsCovering(part, range)).map((sector) => [sector.number, sector]));
  return [...chosen.values()].sort((a, b) => a.number - b.number);
}
