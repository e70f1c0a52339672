/** Random programs on random lines: what they see must not depend on how often somebody else looked in between. */
import { expect, it } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { characterTicks } from '../../../host/board/serial-line.js';
import { CR1, CR2, CR3, ISR, USART } from '../../../host/board/chip/usart-registers.js';
import { CR1_8E1, RAM_BASE, run, serialBench } from './serial-bench.js';
import type { SerialBench } from './serial-bench.js';
import { RX_CR, startStream, streamRegister, TX_CR, USART1_RDR, USART1_TDR } from './stream-setup.js';

const pick = <T>(random: Random, choices: readonly T[]): T => choices[random.below(choices.length)] as T;

/** One thing that a program does at `tick`, and what it sees of it. */
function act({ usart1, dma1, dma2 }: SerialBench, random: Random, tick: number): number | undefined {
  const write = (offset: number, value: number): undefined => void usart1.write(offset, 4, value, tick);
  switch (random.below(10)) {
    case 0: return write(USART.CR1, pick(random, [0, CR1.FIFOEN]) | pick(random, [CR1_8E1, 0, CR1_8E1 | CR1.OVER8]) | pick(random, [0, CR1.UE]) | CR1.RE | CR1.TE);
    case 1: return write(USART.CR2, pick(random, [0, CR2.ABREN | (2 << 21), CR2.ABREN, CR2.RTOEN]));
    case 2: return write(USART.CR3, pick(random, [0, CR3.DMAR, CR3.DMAR | CR3.DMAT, CR3.DDRE | CR3.DMAR]));
    case 3: return write(USART.BRR, pick(random, [64, 64, 32, 70]));
    case 4: return write(USART.RQR, pick(random, [1, 8, 16]));
    case 5: return write(USART.ICR, ISR.PE | ISR.FE | ISR.NE | ISR.ORE | ISR.IDLE);
    case 6: return write(USART.TDR, random.below(512));
    case 7: return usart1.read(USART.RDR, 4, tick);
    case 8: return pick(random, [dma1, dma2]).read(streamRegister(0, 'NDTR'), 4, tick);
    default: return usart1.read(USART.ISR, 4, tick);
  }
}

function story(seed: number, look: (bench: SerialBench, from: number, to: number) => void): unknown {
  const random = new Random(seed);
  const bench = serialBench();
  random.fill(bench.ram.subarray(0x1000, 0x1028));
  startStream(bench, { request: 41, par: USART1_RDR, ndtr: 50, cr: RX_CR });
  startStream(bench, { controller: 'dma2', request: 42, par: USART1_TDR, m0ar: RAM_BASE + 0x1000, ndtr: 40, cr: TX_CR });
  bench.usart1.write(USART.BRR, 4, 64, 0);
  bench.usart1.write(USART.CR1, 4, CR1_8E1 | CR1.FIFOEN | CR1.UE | CR1.RE | CR1.TE, 0);
  const seen: unknown[] = [];
  let lineBusyUntil = 0;
  let tick = 1;
  while (seen.length < 80) {
    if (lineBusyUntil <= tick) {
      const bytes = random.below(4) === 0 ? Uint8Array.of(0x7f) : random.fill(new Uint8Array(1 + random.below(12)));
      const line = run(bytes, tick + random.fraction() * 900, pick(random, [1e6, 1e6, 1.01e6, 2e6, 0.94e6]), pick(random, ['even', 'even', 'none']));
      bench.usart1.lineIn('PA10', line);
      lineBusyUntil = line.startTick + (bytes.length * 11 * 64e6) / line.format.baudRate;
    }
    const next = tick + 1 + random.below(pick(random, [20, 300, 2000]));
    look(bench, tick, next);
    tick = next;
    seen.push([tick, act(bench, random, tick)]);
  }
  bench.usart1.sync(tick);
  const sent = bench.heard.flatMap(({ run: { bytes, startTick, format } }) =>
    [...bytes].map((byte, index) => `${byte} at ${(startTick + index * characterTicks(format)).toFixed(5)}`));
  return { seen, sent, ring: [...bench.ram.subarray(0, 50)], violations: bench.violations.seen };
}

it.each(Array.from({ length: 60 }, (_, seed) => seed))('random program %i sees the same however time is sliced', (seed) => {
  const lazy = story(seed, () => undefined);
  expect(story(seed, (bench, from, to) => {
    for (let tick = from; tick < to; tick += 3.7) bench.usart1.sync(tick);
  })).toEqual(lazy);
  expect(story(seed, ({ usart1 }, from, to) => {
    for (let last = from; last < to; ) {
      const next = usart1.nextChange(last);
      expect(next).toBeGreaterThan(last);
      last = next;
    }
  })).toEqual(lazy);
});
