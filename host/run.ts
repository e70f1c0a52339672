/** `stage-flash run`: a program into RAM, and its start. No stub, and nothing of the flash. */
import { blobOf, readManifest } from './blobs/manifest.js';
import { readableText } from './bootloader/wrong-answer.js';
import { choosePart } from './device/choose-part.js';
import { findParts, H7_PARTS } from './device/h7-parts.js';
import { StageFlashError, hex32 } from './errors.js';
import type { RunOptions, RunReport } from './flash-options.js';
import { imageLengthBytes, type Image } from './image/image.js';
import { readImage } from './image/read-image.js';
import { atBoard, demandKnownChip, overLink } from './job/at-board.js';
import { findRom } from './job/enter-stub.js';
import { enterBootloader } from './job/move-board.js';
import { recordJob } from './job/record-job.js';
import type { JobEvents } from './job-events.js';
import type { Link } from './link/link.js';
import { loadProgram } from './loader/load-program.js';
import { programChunks } from './loader/loader-chunks.js';
import { ramProgram } from './plan/ram-program.js';
import type { Logbook } from './report/logbook.js';
import { reportDetails } from './report/report.js';
import { hearApplication, type ApplicationHeard } from './session/hear-application.js';

/** AXI SRAM: the largest, and where ST's linker scripts put programs for RAM. */
const DEFAULT_ADDRESS = 0x2400_0000;
const AFTER_ABORT = 'A program that was started runs on. Where the loader still waits, it resets the board by itself soon; then begin again in its ROM bootloader.';

/** @throws StageFlashError kind `refused` or `image` with nothing loaded; `stub` when the program does not start; `expect` */
export function run(options: RunOptions, openedLink?: Link): Promise<RunReport> {
  return recordJob(options, async (log, events) => {
    demandKnownChip(options.chip);
    events.phase('image', `Reading ${options.imagePath}`);
    const image = (log.image = await readImage(options.imagePath, { defaultAddress: DEFAULT_ADDRESS, ...(options.address !== undefined && { address: options.address }) }));
    demandSomePart(image, options.vectors);
    const work = (link: Link, steadyLink: Link): Promise<RunReport> => runThere(image, options, { link, steadyLink, log, events });
    return openedLink === undefined ? atBoard(options, log, events, AFTER_ABORT, work) : overLink(openedLink, options, log, events, work);
  });
}

interface There {
  readonly link: Link;
  /** From the start on a connection that breaks is only an interruption. */
  readonly steadyLink: Link;
  readonly log: Logbook;
  readonly events: JobEvents;
}

async function runThere(image: Image, options: RunOptions, { link, steadyLink, log, events }: There): Promise<RunReport> {
  await enterBootloader({ options, events }, link);
  const { rom, deviceId } = await findRom(link, log, events);
  const part = choosePart(deviceId, undefined, options.chip);
  // The device id alone leaves a choice.
  if (options.chip !== undefined) log.part = part;
  const program = ramProgram(image, options.chip === undefined ? findParts(deviceId) : [part], options.vectors);
  const manifest = readManifest();
  const chunks = programChunks(program.pieces, program.vectors, blobOf(manifest, 'starter').bytes);
  events.phase('loader', 'Loading the loader');
  const said = await loadProgram(link, rom, blobOf(manifest, 'loader'), {
    chunks,
    sign: options.expect?.text,
    onGreeted: () => events.phase('stream', 'Loading the program into RAM'),
    onProgress: (lengthBytes, totalBytes) => events.progress('stream', lengthBytes, totalBytes, 'loading'),
  });
  const started = `${imageLengthBytes(image)} bytes of ${image.source} are in RAM, proven by their CRC on the board, and were started at ${hex32(program.vectors)}.`;
  if (options.expect !== undefined) {
    events.phase('reset', 'Listening to the program');
    const application = (log.application = await hearApplication({ link: steadyLink, roundTrip: rom.roundTrip, takeTrailing: () => said }, options.expect));
    if (!application.isHeard) throw notHeard(application);
  }
  const heard = options.expect === undefined ? '' : ` It says “${options.expect.text}”.`;
  return { outcome: 'started', text: `${started}${heard} A reset ends it.`, details: reportDetails(log) };
}

/** What no STM32H7 could take is refused before anybody is called. */
function demandSomePart(image: Image, vectors: number | undefined): void {
  const failures = H7_PARTS.map((part) => {
    try {
      return void ramProgram(image, [part], vectors);
    } catch (error) {
      return error;
    }
  });
  if (!failures.includes(undefined)) throw failures[0];
}

function notHeard({ expected, afterMs, said }: ApplicationHeard): StageFlashError {
  const text = readableText(said);
  const came = said.length === 0 ? 'Nothing came from the line.' : text === undefined ? `${said.length} bytes came that are no text.` : `What came from the line: “${text}”.`;
  return new StageFlashError('expect', `the program was started, but did not say “${expected}” within ${(afterMs / 1000).toFixed(1)} s`, {
    hint: `${came} Does it set up this line, with the bit rate and the parity that the converter has?`,
  });
}
