/**
 * `stage-flash demo`: a real application onto the virtual board over a slow link, booted, heard to pass its self-check over the same
 * wire; and the same image through the ROM bootloader alone, on the same board and link, for comparison. Everything measured, nothing computed.
 */
import { blobOf, readManifest } from '../blobs/manifest.js';
import { parseBoardOptions, type BoardOptions } from '../board/board-options.js';
import { ticksToMs } from '../board/time.js';
import type { EventSink } from '../events.js';
import { flashImage } from '../flash.js';
import type { Report } from '../flash-options.js';
import { createImage, type Image } from '../image/image.js';
import { openSimLink } from '../link/sim-link.js';

/** The application checks 256 KiB of numbers before it speaks its last line: well under a second of the board's time. */
const SELF_CHECK_MS = 5000;

export interface DemoOptions {
  /** Of the link to the virtual board. */
  readonly rttMs: number;
  /** Seconds of the board's time in one second for whoever watches. */
  readonly speed: number;
  readonly events: EventSink;
  readonly signal?: AbortSignal;
}

export interface DemoOutcome {
  readonly report: Report;
  /** What the application said over the wire after boot. */
  readonly banner: string;
  /** The board's time from the first bit on its line to the last: with the stub until the reset, and through the ROM alone. */
  readonly sessionMs: number;
  readonly romAloneMs: number;
}

export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  const image = demoImage();
  const { report, sessionMs } = await flashAndBoot(image, options);
  options.events({ type: 'note', text: 'For comparison: the same image on the same board and link through the ROM bootloader alone …', atMs: 0 });
  const romAloneMs = await flashThroughRom(image, options);
  const banner = report.details.application?.said.replaceAll('\r', '').trim() ?? '';
  return { report, banner, sessionMs, romAloneMs };
}

/** The application as it was built: code and a table in bank 1, another table in bank 2. */
export function demoImage(): Image {
  const manifest = readManifest();
  return createImage('the demo application', 'raw binary', [blobOf(manifest, 'application-bank1'), blobOf(manifest, 'application-bank2')]);
}

function boardOptions({ rttMs }: DemoOptions, more: Readonly<Record<string, string>> = {}): BoardOptions {
  return parseBoardOptions(Object.entries({ rtt: `${rttMs}ms`, ...more }));
}

async function flashAndBoot(image: Image, options: DemoOptions): Promise<Pick<DemoOutcome, 'report' | 'sessionMs'>> {
  const sim = await openSimLink(boardOptions(options, { boot0: 'pulse', 'time-scale': String(options.speed) }));
  const closeOnAbort = (): void => void sim.close();
  options.signal?.addEventListener('abort', closeOnAbort);
  const { traffic } = sim.world;
  let sessionMs = 0;
  try {
    const report = await flashImage(image, sim, {
      imagePath: image.source, to: 'sim:', expect: { text: 'self-check passed', withinMs: SELF_CHECK_MS }, ...(options.signal && { signal: options.signal }),
      events: (event) => {
        options.events(event);
        if (event.type === 'phase' && event.phase === 'reset') sessionMs = ticksToMs(traffic.lastTick! - traffic.firstTick!);
      },
    });
    return { report, sessionMs };
  } finally {
    options.signal?.removeEventListener('abort', closeOnAbort);
    await sim.close();
  }
}

async function flashThroughRom(image: Image, options: DemoOptions): Promise<number> {
  const sim = await openSimLink(boardOptions(options));
  const closeOnAbort = (): void => void sim.close();
  options.signal?.addEventListener('abort', closeOnAbort);
  try {
    await flashImage(image, sim, { imagePath: image.source, to: 'sim:', direct: true, chip: sim.options.chip.name, events: () => undefined });
    const { traffic } = sim.world;
    return ticksToMs(traffic.lastTick! - traffic.firstTick!);
  } finally {
    options.signal?.removeEventListener('abort', closeOnAbort);
    await sim.close();
  }
}
