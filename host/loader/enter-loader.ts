/**
 * ROM bootloader → loader: it goes through Write Memory and is started by Go (PROTOCOL.md §1 and §2). Ten round trips with what came before.
 */
import type { Blob } from '../blobs/manifest.js';
import { dataFrame, MAX_TRANSFER_BYTES } from '../bootloader/an3155.js';
import type { RomSession } from '../bootloader/rom-session.js';
import { StageFlashError } from '../errors.js';
import type { Link } from '../link/link.js';
import { isFlowControl } from '../protocol/forbidden-bytes.js';
import { newToken } from '../protocol/token.js';
import { LOADER_PATIENCE } from './deliver.js';
import { loaderImage, SLOT_MS } from './loader-image.js';
import { placeLoader } from './place-loader.js';

/**
 * @param start what is done with the loader that has this token
 * @throws StageFlashError kind `bootloader`; what `start` throws
 */
export async function enterLoader<Started>(link: Link, rom: RomSession, loader: Blob, start: (token: number) => Promise<Started>): Promise<Started> {
  const { token, image } = drawLoader(loader.bytes, LOADER_PATIENCE * rom.roundTrip.patienceMs(1000), link);
  await placeLoader(rom, loader.address, image, { mayRead: !link.hasXonXoff });
  return goAndStart(rom, loader.address, () => start(token));
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
async function goAndStart<Started>(rom: RomSession, loaderAddress: number, start: () => Promise<Started>): Promise<Started> {
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
