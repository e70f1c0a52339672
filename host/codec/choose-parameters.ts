/** Which lc, lp, pb suit the data: one after the other, keeping what shortens. The order is that of their weight on Thumb code. */
import { lengthWithParameters } from './lzma-encoder.js';
import type { LzmaParameters } from './lzma-model.js';
import type { Packets } from './packets.js';

/** Half-word alignment and a little context: right for most Thumb code, and where every search begins. */
export const USUAL_PARAMETERS: LzmaParameters = { lc: 1, lp: 1, pb: 2 };

/** The stub's table of probabilities ends here. */
const MOST_LITERAL_BITS = 4;
const VARIATIONS: readonly Partial<LzmaParameters>[] = [{ lc: 2 }, { lc: 3 }, { lc: 0 }, { pb: 1 }, { pb: 0 }, { lp: 0 }, { lp: 2 }, { pb: 3 }];

/** Best first. */
export function rankParameters(data: Uint8Array, packets: Packets): readonly LzmaParameters[] {
  const measured = [{ parameters: USUAL_PARAMETERS, length: lengthWithParameters(data, packets, USUAL_PARAMETERS) }];
  for (const variation of VARIATIONS) {
    const parameters = { ...measured[0]!.parameters, ...variation };
    if (parameters.lc + parameters.lp > MOST_LITERAL_BITS) continue;
    measured.push({ parameters, length: lengthWithParameters(data, packets, parameters) });
    measured.sort((a, b) => a.length - b.length);
  }
  return measured.map((entry) => entry.parameters);
}
