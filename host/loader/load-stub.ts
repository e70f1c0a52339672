/**
 * ROM bootloader → running stub: the loader takes it (PROTOCOL.md §2). Two round trips more.
 */
import type { Blob } from '../blobs/manifest.js';
import type { RomSession } from '../bootloader/rom-session.js';
import { StageFlashError } from '../errors.js';
import { ConverterRoom } from '../link/converter-room.js';
import type { Link } from '../link/link.js';
import { WIRE_VERSION } from '../protocol/wire.js';
import { stubOptions, withOptions } from '../session/stub-options.js';
import { StubSession } from '../session/stub-session.js';
import { enterLoader } from './enter-loader.js';
import { withKick, type Kick } from './kick.js';
import { startStub } from './start-stub.js';

/**
 * @param sessionLink what the session is to speak over: the same board, but a link that may be renewed, which the ROM bootloader and
 *   the loader could not bear
 * @throws StageFlashError kind `bootloader`, `stub`, or `refused` for a pin that is not to be kicked
 */
export async function loadStub(link: Link, rom: RomSession, loader: Blob, stub: Blob, sessionLink: Link = link, kick?: Kick): Promise<StubSession> {
  const room = new ConverterRoom(link.line);
  const told = withKick(withOptions(stub.bytes, stubOptions(link)), kick);
  const { token, facts, decoder } = await enterLoader(link, rom, loader, async (token) => ({ token, ...(await startStub(link, rom.roundTrip, told, token, room, kick)) }));
  if (facts.wireVersion !== WIRE_VERSION) {
    throw new StageFlashError('stub', `the stub speaks wire version ${facts.wireVersion}, this host ${WIRE_VERSION}`, { hint: 'Install stage-flash again: its parts do not belong together.' });
  }
  return new StubSession({ link: sessionLink, roundTrip: rom.roundTrip, decoder, room, token, facts, discardedBefore: rom.discardedBytes });
}
