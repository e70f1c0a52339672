/**
 * What a program can do wrong with USART, DMA and DMAMUX, by name. The twin table of the rest of the chip is elsewhere; tests plant
 * every entry of both and see exactly that name.
 */
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';

/** Name of the violation → what it means, in one line. */
export const SERIAL_VIOLATIONS = {
  'usart-narrow-write': 'a USART register was written with less than a word',
  'usart-write-while-enabled': 'a field that needs UE = 0 was changed with UE = 1; the old value stays',
  'usart-brr-invalid': 'the USART was enabled with a divider below 16 or above 65535',
  'usart-unsupported-mode': 'a USART mode or frame was asked for that no UART line of this board carries',
  'usart-baud-mismatch': 'the bit rate on the line is outside the tolerance of the receiver',
  'usart-frame-mismatch': 'the frame on the line has another length or parity than the receiver expects',
  'usart-two-rx-pins': 'two pins are switched to the RX of one USART',
  'usart-no-rx-pin': 'a program looks for characters and no pin is switched to the alternate function of RX',
  'usart-no-tx-pin': 'a character was sent and no pin is switched to the alternate function of TX',
  'usart-overrun': 'a character was complete and the receiver had no room for it',
  'usart-tdr-overwritten': 'TDR was written while it was full: a character is lost',
  'usart-tdr-while-off': 'TDR was written while the transmitter was off: the character is lost',
  'usart-transmission-cut': 'UE, TE or the clock was taken away before everything was sent',
  'dma-narrow-write': 'a DMA or DMAMUX register was written with less than a word',
  'dma-write-while-enabled': 'the configuration of a running stream was changed; the old value stays',
  'dma-stale-flags': 'a stream was enabled before its event flags were cleared',
  'dma-zero-length': 'a stream was enabled with NDTR = 0',
  'dma-unsupported-mode': 'a stream was enabled in a mode that no byte stream of a UART needs',
  'dma-unreachable-memory': 'DMA1/DMA2 cannot reach the memory of a stream (DTCM, ITCM, nothing there)',
  'dma-uart-without-trbuff': 'a UART stream without TRBUFF on silicon whose erratum 2.22 needs it',
  'dma-trbuff-missing': 'TRBUFF was set on silicon that lacks the bit',
  'dma-wrong-peripheral-address': 'a stream answers a USART request and does not point at its data register',
  'dma-wrong-direction': 'a stream answers a USART request in the other direction',
  'dmamux-wrong-request': 'a stream points at the data register of a USART that asks for DMA, and another request is routed to it',
  'dmamux-request-shared': 'one request is routed to two running streams',
  'dmamux-write-while-enabled': 'the request of a running stream was changed',
} as const;

export type SerialViolationName = keyof typeof SERIAL_VIOLATIONS;

/** `Violations.report`, restricted to the names of this table. */
export function reportSerial(violations: Violations, name: SerialViolationName, message: string, tick: Tick): void {
  violations.report(name, message, tick);
}
