/**
 * ROM bootloader → running stub: the loader goes through Write Memory and Go, then takes the stub (PROTOCOL.md §1 and §2).
 * Ten round trips with what came before, two more for loader and stub.
 */
import type { Blob } from '../blobs/manifest.js';
import type { RomSession } from '../bootloader/rom-session.js';
import { StageFlashError } from '../errors.js';
import { ConverterRoom } from '../link/converter-room.js';
import type { Link } from '../link/link.js';
import { newToken } from '../protocol/token.js';
import { WIRE_VERSION } from '../protocol/wire.js';
import { stubOptions, withOptions } from '../session/stub-options.js';
import { StubSession } from '../session/stub-session.js';
import { loaderImage } from './loader-image.js';
import { placeLoader } from './place-loader.js';
import { startStub, type StartedStub } from './start-stub.js';

/** The loader resets the chip after this many of our own patiences without a valid frame: later than we give up ourselves. */
const LOADER_PATIENCE = 10;

/**
 * @param sessionLink what the session is to speak over: the same board, but a link that may be renewed, which the ROM bootloader and
 *   the loader could not bear
 * @throws StageFlashError kind `bootloader` or `stub`
 */
export async function loadStub(link: Link, rom: RomSession, loader: Blob, stub: Blob, sessionLink: Link = link): Promise<StubSession> {
  const token = newToken();
  const image = loaderImage(loader.bytes, token, LOADER_PATIENCE * rom.roundTrip.patienceMs(1000));
  await placeLoader(rom, loader.address, image);
  const room = new ConverterRoom(link.line);
  const { facts, decoder } = await goAndStart(link, rom, loader.address, withOptions(stub.bytes, stubOptions(link.line)), token, room);
  if (facts.wireVersion !== WIRE_VERSION) {
    throw new StageFlashError('stub', `the stub speaks wire version ${facts.wireVersion}, this host ${WIRE_VERSION}`, { hint: 'Install stage-flash again: its parts do not belong together.' });
  }
  return new StubSession({ link: sessionLink, roundTrip: rom.roundTrip, decoder, room, token, facts, discardedBefore: rom.discardedBytes });
}

/**
 * What Go answers proves nothing (ROM V9.0 never acknowledges it): the loader's greeting does. When that does not come, the ROM may
 * never have had the whole of Go: if it still answers, it gets it once more.
 */
async function goAndStart(link: Link, rom: RomSession, loaderAddress: number, stub: Uint8Array, token: number, room: ConverterRoom): Promise<StartedStub> {
  await rom.go(loaderAddress);
  try {
    return await startStub(link, rom.roundTrip, stub, token, room);
  } catch (error) {
    if (!(error instanceof StageFlashError) || error.kind !== 'bootloader') throw error;
    await rom.synchronise().catch(() => {
      throw error;
    });
    await rom.go(loaderAddress);
    return startStub(link, rom.roundTrip, stub, token, room);
  }
}
