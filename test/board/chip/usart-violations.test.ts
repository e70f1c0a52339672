/** Every entry of SERIAL_VIOLATIONS is planted once and seen by exactly that name; correct programs are seen by none. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { BoardViolation } from '../../../host/board/violations.js';
import { SCR } from '../../../host/board/chip/dma-stream.js';
import type { SerialViolationName } from '../../../host/board/chip/serial-violations.js';
import { SERIAL_VIOLATIONS } from '../../../host/board/chip/serial-violations.js';
import { CR1, CR2, CR3, RQR, USART } from '../../../host/board/chip/usart-registers.js';
import type { SerialBench } from './serial-bench.js';
import { CR1_8E1, enable, run, serialBench } from './serial-bench.js';
import { RX_CR, startStream, streamRegister, TX_CR, USART1_RDR, USART1_TDR } from './stream-setup.js';

const RX_STREAM = { request: 41, par: USART1_RDR, ndtr: 16, cr: RX_CR } as const;

function receiveByDma(bench: SerialBench, changes: Partial<Parameters<typeof startStream>[1]> = {}): void {
  bench.usart1.write(USART.CR3, 4, CR3.DMAR, 0);
  enable(bench.usart1, 640);
  startStream(bench, { ...RX_STREAM, ...changes });
}

const PLANTED: Readonly<Record<SerialViolationName, (bench: SerialBench) => void>> = {
  'usart-narrow-write': ({ usart1 }) => usart1.write(USART.BRR, 2, 640, 0),
  'usart-write-while-enabled': ({ usart1 }) => {
    enable(usart1, 640);
    usart1.write(USART.BRR, 4, 320, 0);
    expect(usart1.read(USART.BRR, 4, 0)).toBe(640);
  },
  'usart-brr-invalid': ({ usart1 }) => enable(usart1, 15),
  'usart-unsupported-mode': ({ usart1 }) => {
    usart1.write(USART.CR3, 4, CR3.HDSEL, 0);
    enable(usart1, 640);
  },
  'usart-baud-mismatch': ({ usart1 }) => {
    enable(usart1, 640, 0, CR1_8E1 | CR1.FIFOEN);
    usart1.lineIn('PA10', run([1, 2, 3], 0, 50_000));
    usart1.sync(1e6);
  },
  'usart-frame-mismatch': ({ usart1 }) => {
    enable(usart1, 640, 0, CR1_8E1 | CR1.FIFOEN);
    usart1.lineIn('PA10', run([1, 2, 3], 0, 100_000, 'none'));
    usart1.sync(1e6);
  },
  'usart-two-rx-pins': ({ usart1, pins }) => {
    pins.add('PB15:4');
    enable(usart1, 640);
    usart1.sync(1e6);
  },
  'usart-no-rx-pin': ({ usart1, pins }) => {
    pins.delete('PA10:7');
    enable(usart1, 640);
    for (let tick = 1000; tick < 5000; tick += 1000) usart1.read(USART.ISR, 4, tick);
  },
  'usart-no-tx-pin': ({ usart1, pins }) => {
    pins.delete('PA9:7');
    enable(usart1, 640);
    for (const tick of [1e5, 2e5]) usart1.write(USART.TDR, 4, 1, tick);
    usart1.sync(1e6);
  },
  'usart-overrun': ({ usart1 }) => {
    enable(usart1, 640);
    usart1.lineIn('PA10', run([1, 2, 3], 0, 100_000));
    usart1.sync(1e6);
  },
  'usart-tdr-overwritten': ({ usart1 }) => {
    enable(usart1, 640);
    for (const byte of [1, 2, 3]) usart1.write(USART.TDR, 4, byte, 1e5);
  },
  'usart-tdr-while-off': ({ usart1 }) => usart1.write(USART.TDR, 4, 1, 0),
  'usart-transmission-cut': ({ usart1 }) => {
    enable(usart1, 640);
    usart1.write(USART.TDR, 4, 1, 1e5);
    usart1.write(USART.CR1, 4, CR1_8E1, 1e5 + 11 * 640 - 1);
  },
  'dma-narrow-write': ({ dma1 }) => dma1.write(streamRegister(0, 'NDTR'), 2, 5, 0),
  'dma-write-while-enabled': (bench) => {
    receiveByDma(bench);
    bench.dma1.write(streamRegister(0, 'NDTR'), 4, 5, 0);
    expect(bench.dma1.read(streamRegister(0, 'NDTR'), 4, 0)).toBe(16);
  },
  'dma-stale-flags': (bench) => {
    receiveByDma(bench);
    bench.dma1.write(streamRegister(0, 'CR'), 4, RX_CR, 0);
    bench.dma1.write(streamRegister(0, 'CR'), 4, RX_CR | SCR.EN, 0);
  },
  'dma-zero-length': (bench) => receiveByDma(bench, { ndtr: 0 }),
  'dma-unsupported-mode': (bench) => receiveByDma(bench, { cr: RX_CR | (2 << 13) }),
  'dma-unreachable-memory': (bench) => {
    receiveByDma(bench, { m0ar: 0x2000_0000 });
    bench.usart1.lineIn('PA10', run([1], 0, 100_000));
    bench.usart1.sync(1e6);
    expect(bench.dma1.read(0, 4, 1e6)).toBe(1 << 3);
    expect(bench.dma1.read(streamRegister(0, 'CR'), 4, 1e6) & SCR.EN).toBe(0);
  },
  'dma-uart-without-trbuff': (bench) => receiveByDma(bench, { cr: RX_CR & ~SCR.TRBUFF }),
  'dma-trbuff-missing': (bench) => receiveByDma(bench),
  'dma-wrong-peripheral-address': (bench) => receiveByDma(bench, { par: USART1_RDR + 0x100 }),
  'dma-wrong-direction': (bench) => receiveByDma(bench, { cr: RX_CR | SCR.M2P }),
  'dmamux-wrong-request': (bench) => receiveByDma(bench, { request: 43 }),
  'dmamux-request-shared': (bench) => {
    receiveByDma(bench);
    startStream(bench, { ...RX_STREAM, stream: 1 });
  },
  'dmamux-write-while-enabled': (bench) => {
    receiveByDma(bench);
    bench.dmamux.write(0, 4, 41, 0);
  },
};

describe('each violation', () => {
  it.each(Object.keys(SERIAL_VIOLATIONS) as SerialViolationName[])('%s is seen when planted, once, and nothing else', (name) => {
    const bench = serialBench({ trbuffNeeded: name !== 'dma-trbuff-missing' });
    PLANTED[name](bench);
    expect(bench.names()).toEqual([name]);
  });

  it('stops the board where it is not tolerated', () => {
    expect(() => PLANTED['usart-overrun'](serialBench({ tolerated: [] }))).toThrow(BoardViolation);
  });
});

describe('other ways to the same name', () => {
  it.each<readonly [SerialViolationName, string, (bench: SerialBench) => void]>([
    ['dmamux-wrong-request', 'no request is routed', (bench) => receiveByDma(bench, { request: 0 })],
    ['dmamux-wrong-request', 'the stream ran before DMAR was set', (bench) => {
      enable(bench.usart1, 640);
      startStream(bench, { ...RX_STREAM, request: 45 });
      bench.usart1.write(USART.CR3, 4, CR3.DMAR, 0);
    }],
    ['dmamux-wrong-request', 'TX routed to the RX stream', (bench) => {
      enable(bench.usart1, 640);
      bench.usart1.write(USART.CR3, 4, CR3.DMAT, 0);
      startStream(bench, { request: 41, par: USART1_TDR, ndtr: 4, cr: TX_CR });
    }],
    ['usart-transmission-cut', 'the clock goes', ({ usart1, clocksOff }) => {
      enable(usart1, 640);
      usart1.write(USART.TDR, 4, 1, 1e5);
      usart1.sync(1e5 + 100);
      clocksOff.add('USART1');
      usart1.sync(1e5 + 200);
    }],
    ['usart-transmission-cut', 'TE alone is cleared', ({ usart1 }) => {
      enable(usart1, 640);
      usart1.write(USART.TDR, 4, 1, 1e5);
      usart1.write(USART.CR1, 4, CR1_8E1 | CR1.UE | CR1.RE, 1e5 + 100);
    }],
    ['usart-write-while-enabled', 'FIFOEN with UE = 1', ({ usart1 }) => {
      enable(usart1, 640);
      usart1.write(USART.CR1, 4, CR1_8E1 | CR1.UE | CR1.RE | CR1.TE | CR1.FIFOEN, 0);
      expect(usart1.read(USART.CR1, 4, 0) & CR1.FIFOEN).toBe(0);
    }],
    ['usart-write-while-enabled', 'ABRMODE with ABREN and UE set', ({ usart1 }) => {
      usart1.write(USART.CR2, 4, CR2.ABREN | (2 << 21), 0);
      enable(usart1, 640);
      usart1.write(USART.CR2, 4, CR2.ABREN, 0);
    }],
    ['usart-brr-invalid', 'a divider of zero', ({ usart1 }) => enable(usart1, 0)],
    ['usart-unsupported-mode', 'a break is asked for', ({ usart1 }) => {
      enable(usart1, 640);
      usart1.write(USART.RQR, 4, RQR.SBKRQ, 0);
    }],
    ['usart-unsupported-mode', 'a frame of nine data bits is sent', ({ usart1 }) => {
      enable(usart1, 640, 0, CR1.M0);
      usart1.write(USART.TDR, 4, 0x1ff, 1e5);
      usart1.sync(1e6);
    }],
    ['dma-unsupported-mode', 'the DMA FIFO is on', (bench) => {
      bench.dma1.write(streamRegister(0, 'FCR'), 4, 1 << 2, 0);
      receiveByDma(bench);
    }],
    ['dma-write-while-enabled', 'CIRC of a running stream', (bench) => {
      receiveByDma(bench);
      bench.dma1.write(streamRegister(0, 'CR'), 4, (RX_CR & ~SCR.CIRC) | SCR.EN, 0);
      expect(bench.dma1.read(streamRegister(0, 'CR'), 4, 0)).toBe((RX_CR | SCR.EN) >>> 0);
    }],
    ['dma-unreachable-memory', 'a transmission out of DTCM', (bench) => {
      enable(bench.usart1, 640);
      startStream(bench, { request: 42, par: USART1_TDR, m0ar: 0x2000_0000, ndtr: 4, cr: TX_CR });
      bench.usart1.write(USART.CR3, 4, CR3.DMAT, 1e5);
    }],
  ])('%s: %s', (name, _, plant) => {
    const bench = serialBench();
    plant(bench);
    expect(bench.names()).toEqual([name]);
  });
});

describe('a program that keeps the rules', () => {
  it('is accused of nothing on any silicon, whatever was left behind before the reset', () => {
    for (let seed = 0; seed < 40; seed++) {
      const bench = serialBench({ trbuffNeeded: seed % 2 === 0, tolerated: [] });
      const random = new Random(seed);
      for (const part of [bench.usart1, bench.usart2, bench.dma1, bench.dma2, bench.dmamux]) part.scramble(random);
      for (const part of [bench.usart1, bench.usart2, bench.dma1, bench.dma2, bench.dmamux]) part.reset();
      receiveByDma(bench, { cr: seed % 2 === 0 ? RX_CR : RX_CR & ~SCR.TRBUFF });
      bench.usart1.lineIn('PA10', run([1, 2, 3], 1000, 100_000));
      bench.dma1.sync(1e6);
      expect([...bench.ram.subarray(0, 3)]).toEqual([1, 2, 3]);
    }
  });

  it('a scrambled USART is one that the chip would run: it listens, and complains about nothing by itself', () => {
    let listening = 0;
    for (let seed = 0; seed < 100; seed++) {
      const bench = serialBench({ tolerated: [] });
      bench.usart1.scramble(new Random(seed));
      bench.usart1.sync(1e7);
      if ((bench.usart1.read(USART.CR1, 4, 1e7) & (CR1.UE | CR1.RE)) === (CR1.UE | CR1.RE)) listening++;
    }
    expect(listening).toBeGreaterThan(10);
  });
});
