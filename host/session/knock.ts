/** Before listening to a board that somebody else may have spoken with. */
import { SYNCHRONISATION } from '../bootloader/an3155.js';
import type { Link } from '../link/link.js';

/**
 * Where there are no connections, a converter speaks to whoever it heard last: it must hear us first. 0x7F is nothing to a stub and the one byte that
 * does no harm to a ROM bootloader, which would measure its bit rate with any other.
 */
export async function knock(link: Link): Promise<void> {
  if (link.datagramBytes !== undefined) await link.send(Uint8Array.of(SYNCHRONISATION));
}
