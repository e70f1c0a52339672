/**
 * ROM bootloader → running stub: the loader goes through Write Memory and Go, then takes the stub (PROTOCOL.md §1 and §2).
 * Ten round trips with what came before, two more for loader and stub.
 */
import type { Blob } from '../blobs/manifest.js';
import { dataFrame, MAX_TRANSFER_BYTES } from '../bootloader/an3155.js';
import type { RomSession } from '../bootloader/rom-session.js';
import { StageFlashError } from '../errors.js';
import { ConverterRoom } from '../link/converter-room.js';
import type { Link } from '../link/link.js';
import { isFlowControl } from '../protocol/forbidden-bytes.js';
import { newToken } from '../protocol/token.js';
import { WIRE_VERSION } from '../protocol/wire.js';
import { stubOptions, withOptions } from '../session/stub-options.js';
import { StubSession } from '../session/stub-session.js';
import { withKick, type Kick } from './kick.js';
import { loaderImage, SLOT_MS } from './loader-image.js';
import { placeLoader } from './place-loader.js';
import { LOADER_PATIENCE, startStub, type StartedStub } from './start-stub.js';

/**
 * @param sessionLink what the session is to speak over: the same board, but a link that may be renewed, which the ROM bootloader and
 *   the loader could not bear
 * @throws StageFlashError kind `bootloader`, `stub`, or `refused` for a pin that is not to be kicked
 */
export async function loadStub(link: Link, rom: RomSession, loader: Blob, stub: Blob, sessionLink: Link = link, kick?: Kick): Promise<StubSession> {
  const { token, image } = drawLoader(loader.bytes, LOADER_PATIENCE * rom.roundTrip.patienceMs(1000), link);
  await placeLoader(rom, loader.address, image, { mayRead: !link.hasXonXoff });
  const room = new ConverterRoom(link.line);
  const told = withKick(withOptions(stub.bytes, stubOptions(link)), kick);
  const start = (): Promise<StartedStub> => startStub(link, rom.roundTrip, told, token, room, kick);
  const { facts, decoder } = await goAndStart(rom, loader.address, start);
  if (facts.wireVersion !== WIRE_VERSION) {
    throw new StageFlashError('stub', `the stub speaks wire version ${facts.wireVersion}, this host ${WIRE_VERSION}`, { hint: 'Install stage-flash again: its parts do not belong together.' });
  }
  return new StubSession({ link: sessionLink, roundTrip: rom.roundTrip, decoder, room, token, facts, discardedBefore: rom.discardedBytes });
}

/** Loader and token that may cross this link: all of the loader that is not the same every time is in its first Write Memory frame, the checksum too. */
function drawLoader(loader: Uint8Array, patienceMs: number, link: Link): { readonly token: number; readonly image: Uint8Array } {
  for (;;) {
    const token = newToken();
    const image = loaderImage(loader, token, patienceMs);
    const frames = [image.subarray(0, MAX_TRANSFER_BYTES), image.subarray(MAX_TRANSFER_BYTES)].map(dataFrame);
    if (!link.hasXonXoff || !frames.some((frame) => frame.some(isFlowControl))) return { token, image };
    patienceMs += SLOT_MS;
  }
}

/**
 * What Go answers proves nothing (ROM V9.0 never acknowledges it): the loader's greeting does. When that does not come, the ROM may
 * never have had the whole of Go: if it still answers, it gets it once more.
 */
async function goAndStart(rom: RomSession, loaderAddress: number, start: () => Promise<StartedStub>): Promise<StartedStub> {
  await rom.go(loaderAddress);
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof StageFlashError) || error.kind !== 'bootloader') throw error;
    await rom.synchronise().catch(() => {
      throw error;
    });
    await rom.go(loaderAddress);
    return start();
  }
}
