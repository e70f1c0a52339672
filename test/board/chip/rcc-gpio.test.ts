import { describe, expect, it } from 'vitest';
import { BANK2, ChipBench, CR } from './chip-bench.js';

const RCC = 0x58024400;
const AHB4ENR = RCC + 0xe0;
const AHB4ENR_ALIAS = RCC + 0x140;
const AHB4RSTR = RCC + 0x88;
const GPIOA = 0x58020000;
const GPIOB = 0x58020400;

describe('RCC', () => {
  it('an enable register is one register at two places on H74x', () => {
    const bench = new ChipBench();
    bench.write(AHB4ENR, 0x5);
    expect(bench.read(AHB4ENR_ALIAS)).toBe(0x5);
    bench.write(AHB4ENR_ALIAS, 0x2);
    expect(bench.read(AHB4ENR)).toBe(0x2);
    expect(bench.seen).toEqual([]);
  });

  it('H7A3 has only the higher place', () => {
    const bench = new ChipBench({ part: 'STM32H7A3xI' });
    bench.write(AHB4ENR_ALIAS, 1);
    expect(bench.bus.isClocked('GPIOA')).toBe(true);
    bench.read(AHB4ENR);
    expect(bench.seen).toEqual(['register-not-modelled']);
  });

  it('RSTR returns a peripheral to its reset values and keeps it deaf while it is held', () => {
    const bench = new ChipBench();
    bench.write(AHB4ENR, 1);
    bench.write(GPIOA, 0);
    bench.write(AHB4RSTR, 1);
    expect(bench.read(GPIOA)).toBe(0);
    expect(bench.seen).toEqual(['peripheral-unclocked']);
    bench.write(AHB4RSTR, 0);
    expect(bench.read(GPIOA)).toBe(0xabffffff);
  });

  it('DMAMUX1 is clocked as soon as one of the DMAs is', () => {
    const bench = new ChipBench();
    bench.read(0x40020800);
    expect(bench.seen).toEqual(['peripheral-unclocked']);
    bench.write(RCC + 0x138, 1 << 1);
    bench.read(0x40020800);
    expect(bench.seen).toHaveLength(1);
  });

  it('oscillators are ready when they are on, and the system clock follows only a ready one', () => {
    const bench = new ChipBench();
    expect(bench.read(RCC) & 0b101).toBe(0b101);
    bench.write(RCC + 0x10, 1);
    expect((bench.read(RCC + 0x10) >>> 3) & 7).toBe(0);
    bench.write(RCC, 1 | (1 << 7));
    expect((bench.read(RCC) >>> 8) & 1).toBe(1);
    bench.write(RCC + 0x10, 1);
    expect((bench.read(RCC + 0x10) >>> 3) & 7).toBe(1);
    // The running system clock cannot be switched off.
    bench.write(RCC, 1);
    expect((bench.read(RCC) >>> 7) & 1).toBe(1);
  });

  it.each([
    ['pclk', 0x00, 0x000, 64e6],
    ['pclk1 behind D2PPRE1 = 4', 0x00, 0x050, 16e6],
    ['pclk behind HPRE = 64', 0x0c, 0x000, 1e6],
    ['hsi_ker', 0x00, 0x000, 64e6, 3],
    ['csi_ker while CSI is off', 0x00, 0x000, 0, 4],
    ['pll2_q', 0x00, 0x000, 0, 1],
  ])('kernel clock of USART2 from %s', (_name, d1cfgr, d2cfgr, hz, select = 0) => {
    const bench = new ChipBench();
    bench.write(RCC + 0x18, d1cfgr);
    bench.write(RCC + 0x1c, d2cfgr);
    bench.write(RCC + 0x54, select);
    expect(bench.bus.usartKernelHz('USART2')).toBe(hz);
  });

  it('USART1 has a selector and a bus of its own', () => {
    const bench = new ChipBench();
    bench.write(RCC + 0x1c, 0x400);
    expect([bench.bus.usartKernelHz('USART1'), bench.bus.usartKernelHz('USART3')]).toEqual([32e6, 64e6]);
    bench.write(RCC + 0x54, 3 << 3);
    expect(bench.bus.usartKernelHz('USART1')).toBe(64e6);
  });

  it('HSIDIV divides the kernel clock, too', () => {
    const bench = new ChipBench();
    bench.write(RCC + 0x54, 3);
    bench.write(RCC, 1 | (2 << 3));
    expect(bench.bus.usartKernelHz('USART2')).toBe(16e6);
  });
});

describe('GPIO', () => {
  const clocked = (): ChipBench => {
    const bench = new ChipBench();
    bench.write(AHB4ENR, 0x7ff);
    return bench;
  };

  it('a pin has an alternate function only when MODER and AFR agree', () => {
    const bench = clocked();
    expect(bench.bus.hasAlternateFunction('PA10', 7)).toBe(false);
    bench.write(GPIOA + 0x24, 7 << 8);
    expect(bench.bus.hasAlternateFunction('PA10', 7)).toBe(false);
    bench.write(GPIOA, 0xabffffff & ~(1 << 20));
    expect(bench.bus.hasAlternateFunction('PA10', 7)).toBe(true);
    expect(bench.bus.hasAlternateFunction('PA10', 4)).toBe(false);
    bench.write(GPIOB + 0x24, 4 << 28);
    bench.write(GPIOB + 3, 0xbf, 1);
    expect(bench.bus.hasAlternateFunction('PB15', 4)).toBe(true);
  });

  it('BSRR sets and clears, setting wins; IDR shows outputs and pull-ups', () => {
    const bench = clocked();
    bench.write(GPIOB, 0b0001);
    bench.write(GPIOB + 0x18, 0b01);
    expect(bench.read(GPIOB + 0x14)).toBe(1);
    expect(bench.read(GPIOB + 0x10) & 1).toBe(1);
    bench.write(GPIOB + 0x18, (1 << 16) | 1);
    expect(bench.read(GPIOB + 0x14)).toBe(1);
    bench.write(GPIOB + 0x18, 1 << 16);
    expect(bench.read(GPIOB + 0x10) & 1).toBe(0);
    bench.write(GPIOB + 0x0c, 0b0100);
    expect(bench.read(GPIOB + 0x10) & 2).toBe(2);
  });

  it('an H723 has no port I', () => {
    const bench = new ChipBench({ part: 'STM32H723xG' });
    expect(() => bench.read(0x58022000)).toThrow('nothing answers');
    expect(bench.seen).toEqual(['unmapped-address']);
  });
});

describe('memory that DMA reaches', () => {
  it('is AXI SRAM and clocked D2 SRAM, not DTCM, ITCM or flash, and no byte beyond the end', () => {
    const { bus } = new ChipBench();
    expect(bus.dmaMemory(0x24000010, 16)).toMatchObject({ offset: 0x10 });
    expect(bus.dmaMemory(0x2407fff0, 16)).toBeDefined();
    for (const address of [0x2407fff1, 0x20004100, 0x00000000, 0x08000000, 0x30000000]) expect(bus.dmaMemory(address, 16)).toBeUndefined();
    bus.write(RCC + 0xdc, 4, 1 << 29, 1);
    expect(bus.dmaMemory(0x30000000, 16)).toBeDefined();
  });
});

describe('parts with one bank', () => {
  it('have no registers of a second one', () => {
    const bench = new ChipBench({ part: 'STM32H750xB' });
    bench.read(CR + BANK2);
    expect(bench.seen).toEqual(['register-not-modelled']);
  });
});
