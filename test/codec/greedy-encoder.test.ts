import { describe, expect, test } from 'vitest';
import { encodeGreedily } from '../../host/codec/greedy-encoder.js';
import { encodeLzma, lengthWithParameters } from '../../host/codec/lzma-encoder.js';
import { findMatches } from '../../host/codec/match-finder.js';
import { LITERAL_CHOICE, REPEATS, type Packets } from '../../host/codec/packets.js';
import { sampleContent } from './sample-content.js';

const PARAMETERS = { lc: 1, lp: 1, pb: 2 };

/** What the packets say; literals are taken from `data`, which is all that they can be. */
function said(packets: Packets, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length);
  const repeats = [0, 0, 0, 0];
  let at = 0;
  for (let packet = 0; packet < packets.count; packet++) {
    const choice = packets.choices[packet]!;
    if (choice === LITERAL_CHOICE) {
      bytes[at] = data[at]!;
      at++;
      continue;
    }
    const distance = choice < REPEATS ? repeats.splice(choice, 1)[0]! : choice - REPEATS;
    if (choice >= REPEATS) repeats.pop();
    repeats.unshift(distance);
    for (let left = packets.lengths[packet]!; left > 0; left--, at++) bytes[at] = bytes[at - distance - 1]!;
  }
  expect(at).toBe(data.length);
  return bytes;
}

describe('packets without looking ahead', () => {
  test.each([1, 2, 3])('say the data, in little more bytes than the best: seed %i', (seed) => {
    const data = sampleContent(48 * 1024, seed);
    const matches = findMatches(data);
    let told = 0;
    const packets = encodeGreedily(data, matches, PARAMETERS, (_, lengthBytes) => (told = lengthBytes));
    expect(Buffer.compare(said(packets, data), data)).toBe(0);
    expect(lengthWithParameters(data, packets, PARAMETERS)).toBe(told);
    expect(told).toBeLessThan(1.25 * encodeLzma(data, matches, PARAMETERS).bytes.length);
  });

  test.each([[0], [1], [2], [3], [300]])('of %i equal bytes end with the last of them', (lengthBytes) => {
    const data = new Uint8Array(lengthBytes).fill(7);
    const packets = encodeGreedily(data, findMatches(data), PARAMETERS, () => undefined);
    expect(Buffer.compare(said(packets, data), data)).toBe(0);
  });
});
