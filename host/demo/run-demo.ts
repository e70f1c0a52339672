/**
 * `stage-flash demo`: a real application onto the virtual board over a slow link, booted, its banner heard over the same wire; and the
 * same image through the ROM bootloader alone, on the same board and link, for comparison. Everything measured, nothing computed.
 */
import { blobOf, readManifest } from '../blobs/manifest.js';
import { parseBoardOptions, type BoardOptions } from '../board/board-options.js';
import { ticksToMs } from '../board/time.js';
import type { EventSink } from '../events.js';
import { flashImage } from '../flash.js';
import type { Report } from '../flash-options.js';
import { createImage, type Image } from '../image/image.js';
import type { Link } from '../link/link.js';
import { openSimLink, type SimLink } from '../link/sim-link.js';

/** The application checks 512 KiB of numbers before it speaks its last line: well under a second of the board's time. */
const BANNER_MS = 5000;
const LAST_LINE = /self-check.*\n/;

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
  readonly passed: boolean;
  /** The board's time from the first bit on its line to the last: with the stub until the reset, and through the ROM alone. */
  readonly sessionMs: number;
  readonly romAloneMs: number;
}

export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  const image = demoImage();
  const { report, banner, sessionMs } = await flashAndBoot(image, options);
  options.events({ type: 'note', text: 'For comparison: the same image on the same board and link through the ROM bootloader alone …', atMs: 0 });
  const romAloneMs = await flashThroughRom(image, options);
  return { report, banner, passed: /self-check passed/.test(banner), sessionMs, romAloneMs };
}

/** The application as it was built: code and a table in bank 1, another table in bank 2. */
export function demoImage(): Image {
  const manifest = readManifest();
  return createImage('the demo application', 'raw binary', [blobOf(manifest, 'application-bank1'), blobOf(manifest, 'application-bank2')]);
}

function boardOptions({ rttMs }: DemoOptions, more: Readonly<Record<string, string>> = {}): BoardOptions {
  return parseBoardOptions(Object.entries({ rtt: `${rttMs}ms`, ...more }));
}

async function flashAndBoot(image: Image, options: DemoOptions): Promise<Pick<DemoOutcome, 'report' | 'banner' | 'sessionMs'>> {
  const sim = await openSimLink(boardOptions(options, { 'time-scale': String(options.speed) }));
  const closeOnAbort = (): void => void sim.close();
  options.signal?.addEventListener('abort', closeOnAbort);
  const { board, traffic } = sim.world;
  let sessionMs = 0;
  let heardAfterReset = '';
  const listening = listenTo(sim, (bytes) => (heardAfterReset += sessionMs > 0 ? Buffer.from(bytes).toString('latin1') : ''));
  try {
    const report = await flashImage(image, listening, {
      imagePath: image.source, to: 'sim:', ...(options.signal && { signal: options.signal }),
      events: (event) => {
        options.events(event);
        if (event.type !== 'phase' || event.phase !== 'reset') return;
        options.events({ type: 'note', text: 'Pulling BOOT0 low, as a relay or a hand would do', atMs: event.atMs });
        board.boot0 = 'low';
        sessionMs = ticksToMs(traffic.lastTick! - traffic.firstTick!);
      },
    });
    const deadlineMs = sim.now() + BANNER_MS;
    while (!LAST_LINE.test(heardAfterReset) && sim.now() < deadlineMs) await listening.receive(deadlineMs);
    return { report, banner: textOf(heardAfterReset), sessionMs };
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

/** The same link, with somebody who listens in. */
function listenTo(link: SimLink, hear: (bytes: Uint8Array) => void): Link {
  return {
    name: link.name,
    line: link.line,
    now: () => link.now(),
    send: (bytes) => link.send(bytes),
    receive: async (deadlineMs) => {
      const bytes = await link.receive(deadlineMs);
      hear(bytes);
      return bytes;
    },
    close: () => link.close(),
  };
}

/** The application's lines; the stub's last frame stands before them. */
function textOf(heard: string): string {
  return heard.slice(heard.indexOf('\r\n')).replaceAll('\r', '').trim();
}
