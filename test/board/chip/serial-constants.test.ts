/** The register numbers of USART, DMA and DMAMUX against the headers of ST. */
import { describe, expect, it } from 'vitest';
import { DMA, FLAG_SHIFTS, STREAMS } from '../../../host/board/chip/dma.js';
import { EVENT, FCR, SCR, STREAM } from '../../../host/board/chip/dma-stream.js';
import { CXCR } from '../../../host/board/chip/dmamux.js';
import {
  ABRMODE_SHIFT, CLEARABLE, CR1, CR2, CR3, ISR, RQR, RXFTCFG_SHIFT, STOP_SHIFT, TXFTCFG_SHIFT, USART,
} from '../../../host/board/chip/usart-registers.js';
import { HEADER_CHIPS, vendor } from '../../fixtures/vendor-registers.js';
import { expectMasks, expectOffsets } from './expect-registers.js';

describe.each(HEADER_CHIPS)('%s', (chip) => {
  const position = (field: string): number | undefined => vendor.field(chip, field)?.position;

  it('USART', () => {
    expectOffsets(chip, 'USART', USART);
    expectMasks(chip, 'USART_CR1', CR1);
    expectMasks(chip, 'USART_CR2', CR2);
    expectMasks(chip, 'USART_CR3', CR3);
    expectMasks(chip, 'USART_ISR', ISR, { RXNE: 'RXNE_RXFNE', TXE: 'TXE_TXFNF' });
    expectMasks(chip, 'USART_RQR', RQR);
    expect([STOP_SHIFT, ABRMODE_SHIFT]).toEqual([position('USART_CR2_STOP'), position('USART_CR2_ABRMODE')]);
    expect([RXFTCFG_SHIFT, TXFTCFG_SHIFT]).toEqual([position('USART_CR3_RXFTCFG'), position('USART_CR3_TXFTCFG')]);
  });

  it('what USART_ICR clears sits where USART_ISR shows it', () => {
    const clearable = Object.fromEntries(Object.entries(ISR).filter(([, mask]) => (mask & CLEARABLE) !== 0).map(([name, mask]) => [`${name}CF`, mask]));
    expect(Object.keys(clearable).length).toBe(7);
    expectMasks(chip, 'USART_ICR', clearable, { RTOFCF: 'RTOCF' });
  });

  it('DMA', () => {
    expectOffsets(chip, 'DMA', DMA);
    expectOffsets(chip, 'DMA_Stream', STREAM);
    expect(STREAMS.first).toBe((vendor.base(chip, 'DMA1_Stream0') ?? 0) - (vendor.base(chip, 'DMA1') ?? 0));
    const { M2P, ...fields } = SCR;
    expectMasks(chip, 'DMA_SxCR', fields);
    expect(M2P & fields.DIR).toBe(M2P);
    expectMasks(chip, 'DMA_SxFCR', FCR);
  });

  it('the event flags of all eight streams', () => {
    for (const [register, first] of [['DMA_LISR', 0], ['DMA_HISR', 4]] as const) {
      const flags = FLAG_SHIFTS.flatMap((shift, place) => Object.entries(EVENT).map(([name, mask]) => [`${name}${first + place}`, mask << shift] as const));
      expectMasks(chip, register, Object.fromEntries(flags));
      expectMasks(chip, register.replace('ISR', 'IFCR'), Object.fromEntries(flags.map(([name, mask]) => [`C${name}`, mask])));
    }
  });

  it('DMAMUX', () => {
    expectMasks(chip, 'DMAMUX_CxCR', CXCR);
  });
});
