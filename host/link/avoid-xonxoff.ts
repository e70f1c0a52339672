/**
 * A link through a converter with software flow control. Whoever speaks over it knows by `hasXonXoff` what to keep off the wire; what slips through all the same is refused
 * here, before it can stop the converter for good (0x13) or vanish.
 */
import { StageFlashError } from '../errors.js';
import type { Link } from './link.js';
import { wrapLink } from './wrap-link.js';

const XON = 0x11;
const XOFF = 0x13;

export function avoidXonXoff(link: Link): Link {
  return wrapLink(link, {
    hasXonXoff: true,
    send: async (bytes) => {
      const found = bytes.find((byte) => byte === XON || byte === XOFF);
      if (found === undefined) return link.send(bytes);
      throw new StageFlashError('usage', `0x${found.toString(16)} would have to be sent, which --avoid-xonxoff keeps off the wire`, {
        hint: 'Leave it out of --enter-send and --leave-send, or set the converter to no flow control and do without --avoid-xonxoff.',
      });
    },
    ...(link.reopen && { reopen: async (afterMs) => avoidXonXoff(await link.reopen!(afterMs)) }),
  });
}
