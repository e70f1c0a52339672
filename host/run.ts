/** `stage-flash run`: a program into RAM, and its start. No stub, and nothing of the flash. */
import { blobOf, readManifest } from './blobs/manifest.js';
import { readableText } from './bootloader/wrong-answer.js';
import { choosePart } from './device/choose-part.js';
import { findParts } from './device/h7-parts.js';
import { hex32 } from './errors.js';
import type { RunOptions, RunReport } from './flash-options.js';
import { imageLengthBytes, type Image } from './image/image.js';
import { readImage } from './image/read-image.js';
import { atBoard, demandKnownChip, overLink } from './job/at-board.js';
import { findRom } from './job/enter-stub.js';
import { demandHeard } from './job/expect-application.js';
import { enterBootloader } from './job/move-board.js';
import { recordJob } from './job/record-job.js';
import type { JobEvents } from './job-events.js';
import type { Link } from './link/link.js';
import { loadProgram } from './loader/load-program.js';
import { programChunks } from './loader/loader-chunks.js';
import { ramProgram } from './plan/ram-program.js';
import type { Logbook } from './report/logbook.js';
import { reportDetails } from './report/report.js';
import { hearApplication } from './session/hear-application.js';

/** AXI SRAM: the largest, and where ST's linker scripts put programs for RAM. */
const DEFAULT_ADDRESS = 0x2400_0000;
const AFTER_ABORT = 'If the loader waits on the board, it resets the board by itself soon; then begin again in its ROM bootloader.';

/** @throws StageFlashError kind `refused` or `image` with nothing loaded; `stub` when the program does not start; `expect` */
export function run(options: RunOptions, openedLink?: Link): Promise<RunReport> {
  return recordJob(options, async (log, events) => {
    demandKnownChip(options.chip);
    events.phase('image', `Reading ${options.imagePath}`);
    const image = (log.image = await readImage(options.imagePath, { defaultAddress: DEFAULT_ADDRESS, ...(options.address !== undefined && { address: options.address }) }));
    const work = (link: Link): Promise<RunReport> => runThere(image, options, { link, log, events });
    return openedLink === undefined ? atBoard(options, log, events, AFTER_ABORT, work) : overLink(openedLink, options, log, events, work);
  });
}

interface There {
  readonly link: Link;
  readonly log: Logbook;
  readonly events: JobEvents;
}

async function runThere(image: Image, options: RunOptions, { link, log, events }: There): Promise<RunReport> {
  await enterBootloader({ options, events }, link);
  const { rom, deviceId } = await findRom(link, log, events);
  const part = (log.part = choosePart(deviceId, undefined, options.chip));
  const program = ramProgram(image, options.chip === undefined ? findParts(deviceId) : [part]);
  const manifest = readManifest();
  const chunks = programChunks(program.pieces, program.vectors, blobOf(manifest, 'starter').bytes);
  events.phase('loader', 'Loading the loader');
  const said = await loadProgram(link, rom, blobOf(manifest, 'loader'), {
    chunks,
    onGreeted: () => events.phase('stream', 'Loading the program into RAM'),
    onProgress: (lengthBytes, totalBytes) => events.progress('stream', lengthBytes, totalBytes, 'loading'),
  });
  const started = `${imageLengthBytes(image)} bytes of ${image.source} are in RAM, proven by their CRC on the board, and were started at ${hex32(program.vectors)}.`;
  if (options.expect !== undefined) {
    events.phase('reset', 'Listening to the program');
    const application = (log.application = await hearApplication({ link, roundTrip: rom.roundTrip, takeTrailing: () => said }, options.expect));
    const text = readableText(application.said);
    demandHeard(application, text === undefined ? `${application.said.length} bytes came that are no text.` : `What came from the line: “${text}”.`, 'the program was started, but');
  }
  const heard = options.expect === undefined ? '' : ` It says “${options.expect.text}”.`;
  return { outcome: 'started', text: `${started}${heard} A reset ends it.`, details: reportDetails(log) };
}
