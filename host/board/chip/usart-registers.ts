/**
 * The USART's register map as the reference manual names it (RM0433 §48), and which USARTs this board has. Data only.
 * The interrupt enables are stored and have no effect: the programs of this board run without interrupts.
 */

/** Byte offsets from the base of a USART. */
export const USART = {
  CR1: 0x00, CR2: 0x04, CR3: 0x08, BRR: 0x0c, GTPR: 0x10, RTOR: 0x14,
  RQR: 0x18, ISR: 0x1c, ICR: 0x20, RDR: 0x24, TDR: 0x28, PRESC: 0x2c,
} as const;

export const CR1 = {
  UE: 1 << 0, RE: 1 << 2, TE: 1 << 3, PS: 1 << 9, PCE: 1 << 10, WAKE: 1 << 11, M0: 1 << 12, MME: 1 << 13, OVER8: 1 << 15,
  DEDT: 0x1f << 16, DEAT: 0x1f << 21, M1: 1 << 28, FIFOEN: 1 << 29,
} as const;

export const CR2 = {
  SLVEN: 1 << 0, DIS_NSS: 1 << 3, CLKEN: 1 << 11, STOP: 3 << 12, LINEN: 1 << 14, SWAP: 1 << 15, RXINV: 1 << 16, TXINV: 1 << 17,
  DATAINV: 1 << 18, MSBFIRST: 1 << 19, ABREN: 1 << 20, ABRMODE: 3 << 21, RTOEN: 1 << 23,
} as const;
export const STOP_SHIFT = 12;
export const ABRMODE_SHIFT = 21;

export const CR3 = {
  IREN: 1 << 1, HDSEL: 1 << 3, NACK: 1 << 4, SCEN: 1 << 5, DMAR: 1 << 6, DMAT: 1 << 7, RTSE: 1 << 8, CTSE: 1 << 9,
  ONEBIT: 1 << 11, OVRDIS: 1 << 12, DDRE: 1 << 13, DEM: 1 << 14, DEP: 1 << 15,
} as const;
export const RXFTCFG_SHIFT = 25;
export const TXFTCFG_SHIFT = 29;

export const ISR = {
  PE: 1 << 0, FE: 1 << 1, NE: 1 << 2, ORE: 1 << 3, IDLE: 1 << 4, RXNE: 1 << 5, TC: 1 << 6, TXE: 1 << 7, RTOF: 1 << 11,
  ABRE: 1 << 14, ABRF: 1 << 15, BUSY: 1 << 16, TEACK: 1 << 21, REACK: 1 << 22, TXFE: 1 << 23, RXFF: 1 << 24,
  RXFT: 1 << 26, TXFT: 1 << 27,
} as const;

export const RQR = { ABRRQ: 1 << 0, SBKRQ: 1 << 1, RXFRQ: 1 << 3, TXFRQ: 1 << 4 } as const;

/** Flags that ICR clears; each sits at its ISR position. */
export const CLEARABLE = ISR.PE | ISR.FE | ISR.NE | ISR.ORE | ISR.IDLE | ISR.TC | ISR.RTOF;

/** Fields that take a new value only with UE = 0, per register offset. */
export const NEEDS_DISABLED: Readonly<Record<number, number>> = {
  [USART.CR1]: CR1.PS | CR1.PCE | CR1.WAKE | CR1.M0 | CR1.MME | CR1.OVER8 | CR1.DEDT | CR1.DEAT | CR1.M1 | CR1.FIFOEN,
  [USART.CR2]: CR2.STOP | CR2.CLKEN | CR2.LINEN | CR2.SWAP | CR2.RXINV | CR2.TXINV | CR2.DATAINV | CR2.MSBFIRST,
  [USART.CR3]: CR3.IREN | CR3.HDSEL | CR3.NACK | CR3.SCEN | CR3.RTSE | CR3.CTSE | CR3.ONEBIT | CR3.OVRDIS | CR3.DDRE | CR3.DEM | CR3.DEP,
  [USART.BRR]: 0xffff,
  [USART.GTPR]: 0xffff,
  [USART.PRESC]: 0xf,
};

/** Modes whose line is not the plain UART line of this board, per register offset. */
export const UNSUPPORTED: Readonly<Record<number, number>> = {
  [USART.CR1]: CR1.MME,
  [USART.CR2]: CR2.SLVEN | CR2.DIS_NSS | CR2.CLKEN | CR2.LINEN | CR2.SWAP | CR2.RXINV | CR2.TXINV | CR2.DATAINV | CR2.MSBFIRST,
  [USART.CR3]: CR3.IREN | CR3.HDSEL | CR3.SCEN | CR3.RTSE | CR3.CTSE | CR3.DEM,
};

/** Places in each FIFO. RM0433 counts RDR on top of them before RXFF is set; no program should live off that one. */
export const FIFO_DEPTH = 16;

/** FIFO thresholds of RXFTCFG and TXFTCFG, in characters. */
export const FIFO_THRESHOLDS = [2, 4, 8, 12, 14, 16] as const;

/** Base addresses (RM0433 memory map) and DMAMUX1 request numbers (RM0433 §18). */
export const USARTS = {
  USART1: { base: 0x4001_1000, rxRequest: 41, txRequest: 42 },
  USART2: { base: 0x4000_4400, rxRequest: 43, txRequest: 44 },
  USART3: { base: 0x4000_4800, rxRequest: 45, txRequest: 46 },
  UART4: { base: 0x4000_4c00, rxRequest: 63, txRequest: 64 },
} as const;

export type UsartName = keyof typeof USARTS;
