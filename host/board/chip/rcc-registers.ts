/**
 * Registers of the reset and clock controller, named as in ST's CMSIS headers (cmsis_device_h7 13ba9da); a test compares every number
 * with them. Data only.
 */
import type { H7Family } from '../../device/h7-part.js';
import type { Field } from './register-access.js';

/** On H74x and H72x. The enable registers and RSR are also seen 0x60 higher, as the registers of the own core (RCC_C1_…). */
export const RCC_OFFSETS_H743 = {
  CR: 0x000,
  HSICFGR: 0x004,
  CRRCR: 0x008,
  CSICFGR: 0x00c,
  CFGR: 0x010,
  D1CFGR: 0x018,
  D2CFGR: 0x01c,
  D3CFGR: 0x020,
  PLLCKSELR: 0x028,
  PLLCFGR: 0x02c,
  D1CCIPR: 0x04c,
  D2CCIP1R: 0x050,
  D2CCIP2R: 0x054,
  D3CCIPR: 0x058,
  CIER: 0x060,
  BDCR: 0x070,
  CSR: 0x074,
  AHB3RSTR: 0x07c,
  AHB1RSTR: 0x080,
  AHB2RSTR: 0x084,
  AHB4RSTR: 0x088,
  APB3RSTR: 0x08c,
  APB1LRSTR: 0x090,
  APB1HRSTR: 0x094,
  APB2RSTR: 0x098,
  APB4RSTR: 0x09c,
  RSR: 0x0d0,
  AHB3ENR: 0x0d4,
  AHB1ENR: 0x0d8,
  AHB2ENR: 0x0dc,
  AHB4ENR: 0x0e0,
  APB3ENR: 0x0e4,
  APB1LENR: 0x0e8,
  APB1HENR: 0x0ec,
  APB2ENR: 0x0f0,
  APB4ENR: 0x0f4,
} as const;

export type RccRegister = keyof typeof RCC_OFFSETS_H743;

/** Distance from an enable register (and RSR) to its alias; on H7A/H7B only the higher one exists. */
export const RCC_CORE_ALIAS_DISTANCE = 0x60;

/** Registers that H7A/H7B name after its own domains; same place, same fields. */
export const RCC_NAMES_H7A3: Partial<Record<RccRegister, string>> = {
  D1CFGR: 'CDCFGR1',
  D2CFGR: 'CDCFGR2',
  D3CFGR: 'SRDCFGR',
  D1CCIPR: 'CDCCIPR',
  D2CCIP1R: 'CDCCIP1R',
  D2CCIP2R: 'CDCCIP2R',
  D3CCIPR: 'SRDCCIPR',
};

export const RCC_CR = {
  HSION: { position: 0, width: 1 },
  HSIRDY: { position: 2, width: 1 },
  HSIDIV: { position: 3, width: 2 },
  HSIDIVF: { position: 5, width: 1 },
  CSION: { position: 7, width: 1 },
  CSIRDY: { position: 8, width: 1 },
  HSI48ON: { position: 12, width: 1 },
  HSI48RDY: { position: 13, width: 1 },
  HSEON: { position: 16, width: 1 },
  HSERDY: { position: 17, width: 1 },
  PLL1ON: { position: 24, width: 1 },
  PLL1RDY: { position: 25, width: 1 },
  PLL2ON: { position: 26, width: 1 },
  PLL2RDY: { position: 27, width: 1 },
  PLL3ON: { position: 28, width: 1 },
  PLL3RDY: { position: 29, width: 1 },
} as const satisfies Record<string, Field>;

export const RCC_CFGR = { SW: { position: 0, width: 3 }, SWS: { position: 3, width: 3 } } as const satisfies Record<string, Field>;
export const RCC_D1CFGR = { HPRE: { position: 0, width: 4 }, D1CPRE: { position: 8, width: 4 } } as const satisfies Record<string, Field>;
export const RCC_D2CFGR = { D2PPRE1: { position: 4, width: 3 }, D2PPRE2: { position: 8, width: 3 } } as const satisfies Record<string, Field>;
export const RCC_D2CCIP2R = { USART28SEL: { position: 0, width: 3 }, USART16SEL: { position: 3, width: 3 } } as const satisfies Record<string, Field>;

export const RCC_RSR = {
  RMVF: { position: 16, width: 1 },
  CPURSTF: { position: 17, width: 1 },
  D1RSTF: { position: 19, width: 1 },
  D2RSTF: { position: 20, width: 1 },
  BORRSTF: { position: 21, width: 1 },
  PINRSTF: { position: 22, width: 1 },
  PORRSTF: { position: 23, width: 1 },
  SFTRSTF: { position: 24, width: 1 },
  IWDG1RSTF: { position: 26, width: 1 },
} as const satisfies Record<string, Field>;

/** Where a clock is enabled, and where its owner is reset: at the same position in the RSTR register of the same bus. */
export interface ClockEnable {
  readonly register: RccRegister;
  readonly resetRegister: RccRegister;
  readonly position: number;
}

const at = (register: 'AHB1' | 'AHB2' | 'AHB4' | 'APB1L' | 'APB2' | 'APB4', position: number): ClockEnable => ({
  register: `${register}ENR`,
  resetRegister: `${register}RSTR`,
  position,
});

const gpioPorts = (ports: string): Record<string, ClockEnable> =>
  Object.fromEntries([...ports].map((port) => [`GPIO${port}`, at('AHB4', port.charCodeAt(0) - 0x41)]));

const COMMON_CLOCKS: Readonly<Record<string, ClockEnable>> = {
  DMA1: at('AHB1', 0),
  DMA2: at('AHB1', 1),
  USART2: at('APB1L', 17),
  USART3: at('APB1L', 18),
  UART4: at('APB1L', 19),
  USART1: at('APB2', 4),
  SYSCFG: at('APB4', 1),
  SRAM1: at('AHB2', 29),
  SRAM2: at('AHB2', 30),
};

/** Enable bits by the name of what they clock. Names that are missing are always clocked. */
export const CLOCK_ENABLES: Readonly<Record<H7Family, Readonly<Record<string, ClockEnable>>>> = {
  H74x: {
    ...COMMON_CLOCKS,
    ...gpioPorts('ABCDEFGHIJK'),
    SRAM3: at('AHB2', 31),
    CRC: at('AHB4', 19),
  },
  H72x: { ...COMMON_CLOCKS, ...gpioPorts('ABCDEFGHJK'), CRC: at('AHB4', 19) },
  H7Ax: { ...COMMON_CLOCKS, ...gpioPorts('ABCDEFGHIJK'), CRC: at('AHB1', 9) },
};
