/** Onto the board: ROM bootloader in step, then loader and stub in its RAM. Nothing in flash is touched. */
import { blobOf, readManifest } from '../blobs/manifest.js';
import { RomSession } from '../bootloader/rom-session.js';
import { place, stubAtWork } from '../bootloader/wrong-answer.js';
import { StageFlashError } from '../errors.js';
import type { JobOptions } from '../flash-options.js';
import type { JobEvents } from '../job-events.js';
import type { Link } from '../link/link.js';
import { loadStub } from '../loader/load-stub.js';
import { ANY_TOKEN } from '../protocol/wire.js';
import type { Logbook } from '../report/logbook.js';
import { askIntoSilence, unknownWaitMs } from '../session/ask-for-stub.js';
import type { StubSession } from '../session/stub-session.js';

export interface FoundRom {
  readonly rom: RomSession;
  /** DBGMCU_IDCODE bits 11:0. */
  readonly deviceId: number;
}

/** @throws StageFlashError kind `bootloader` */
export async function findRom(link: Link, log: Logbook, events: JobEvents): Promise<FoundRom> {
  events.phase('bootloader', 'Looking for the ROM bootloader');
  const rom = (log.rom = new RomSession(link, (text) => events.note(text)));
  await rom.synchronise().catch((error: unknown) => refuseQuietStub(link, error));
  return { rom, deviceId: await rom.getId() };
}

/** A stub that speaks only when asked is silent to 0x7F: is it one? @throws StageFlashError, `error` where it is not */
async function refuseQuietStub(link: Link, error: unknown): Promise<never> {
  const isSilent = error instanceof StageFlashError && error.kind === 'bootloader' && link.line.isHalfDuplex === true;
  if (isSilent && (await askIntoSilence(link, ANY_TOKEN, unknownWaitMs(link))) !== undefined) throw stubAtWork(place(link));
  throw error;
}

/** @throws StageFlashError kind `bootloader` or `stub` */
export async function enterStub(link: Link, steadyLink: Link, rom: RomSession, { kick }: Pick<JobOptions, 'kick'>, log: Logbook, events: JobEvents): Promise<StubSession> {
  events.phase('loader', 'Loading the stub');
  const manifest = readManifest();
  log.session = await loadStub(link, rom, blobOf(manifest, 'loader'), blobOf(manifest, 'stub'), steadyLink, kick);
  if (kick !== undefined) {
    const seconds = (link.now() - (log.startedMs ?? 0)) / 1000;
    events.note(`The stub kicks ${kick.pin} every ${kick.periodMs} ms. Before it ran nobody did, for ${seconds.toFixed(1)} s.`);
  }
  return log.session;
}
