/** The sampler against the shortcut: within tolerance both must say the same, or the shortcut would be a lie. */
import { describe, expect, it } from 'vitest';
import type { Parity } from '../../../host/link/line-settings.js';
import { Random } from '../../../host/board/random.js';
import { receiverTolerance } from '../../../host/board/chip/baud.js';
import { CR1 } from '../../../host/board/chip/usart-registers.js';
import { sampleCharacter } from '../../../host/board/chip/usart-sampler.js';
import { compareFormat, settingsFrom } from '../../../host/board/chip/usart-settings.js';
import { LineWaveform } from '../../../host/board/chip/usart-waveform.js';
import { run } from './serial-bench.js';

const FRAMES = [
  ['8E1', 'even', CR1.M0 | CR1.PCE, 0x1ff],
  ['8O1', 'odd', CR1.M0 | CR1.PCE | CR1.PS, 0x1ff],
  ['8N1', 'none', 0, 0xff],
] as const satisfies readonly (readonly [string, Parity, number, number])[];

describe('every byte of a line that fits', () => {
  it.each(FRAMES)('%s: sampled at either end of the tolerance comes out clean, back to back', (_, parity, frame) => {
    for (const over8 of [0, CR1.OVER8]) {
      const settings = settingsFrom({ cr1: frame | over8, cr2: 0, cr3: 0, brr: 640, presc: 0, rtor: 0 }, 64e6);
      const tolerance = receiverTolerance(settings.oversampling, settings.wordBits);
      const bytes = new Random(frame).fill(new Uint8Array(300));
      for (const deviation of [-tolerance * 0.999, 0, tolerance * 0.999]) {
        const line = run(bytes, 123.4, settings.baudRate / (1 + deviation), parity);
        expect(compareFormat(settings, line.format)).toBe('fits');
        const waveform = new LineWaveform();
        waveform.add(line);
        let from = 0;
        for (const byte of bytes) {
          const edge = waveform.nextEdge(from, 0);
          expect(edge?.isStart).toBe(true);
          const sampled = sampleCharacter(waveform, edge?.tick ?? 0, settings);
          expect(sampled).toMatchObject({ errors: 0 });
          expect((sampled?.word ?? 0) & 0xff).toBe(byte);
          from = sampled?.completesAt ?? Infinity;
        }
        expect(waveform.nextEdge(from, 0)).toBeUndefined();
      }
    }
  });
});

describe('the waveform', () => {
  it('is LSB first, parity after the data, idle high', () => {
    const waveform = new LineWaveform();
    waveform.add(run([0x01], 0, 64e6, 'even'));
    waveform.add(run([0x80], 20, 64e6, 'odd'));
    const levels = Array.from({ length: 32 }, (_, bit) => waveform.level(bit + 0.5)).join('');
    expect(levels).toBe('01000000011' + '111111111' + '00000000101' + '1');
  });

  it('finds each edge once, from its own tick on', () => {
    const waveform = new LineWaveform();
    waveform.add(run([0x55], 10, 64e6, 'none'));
    const edges: number[] = [];
    for (let from = 0, level: 0 | 1 = 0; ; level = level === 0 ? 1 : 0) {
      const edge = waveform.nextEdge(from, level);
      if (edge === undefined) break;
      edges.push(edge.tick);
      from = edge.tick;
    }
    expect(edges).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it('forgets what has ended and nothing else', () => {
    const waveform = new LineWaveform();
    for (let index = 0; index < 100; index++) {
      waveform.add(run([0x00], index * 20, 64e6, 'none'));
      waveform.forget(index * 20 - 15);
      expect(waveform.level(index * 20 + 0.5)).toBe(0);
      if (index > 0) expect(waveform.level(index * 20 - 14.5)).toBe(0);
    }
  });
});
