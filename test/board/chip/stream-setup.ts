/** A DMA stream as a program sets it up: route, addresses, length, then EN. */
import type { Tick } from '../../../host/board/time.js';
import { SCR, STREAM } from '../../../host/board/chip/dma-stream.js';
import { USART, USARTS } from '../../../host/board/chip/usart-registers.js';
import type { SerialBench } from './serial-bench.js';
import { RAM_BASE } from './serial-bench.js';

export const USART1_RDR = USARTS.USART1.base + USART.RDR;
export const USART1_TDR = USARTS.USART1.base + USART.TDR;
export const RX_CR = SCR.MINC | SCR.CIRC | SCR.TRBUFF;
export const TX_CR = SCR.MINC | SCR.M2P | SCR.TRBUFF;

export function streamRegister(stream: number, register: keyof typeof STREAM): number {
  return 0x10 + 0x18 * stream + STREAM[register];
}

export interface StreamSetup {
  readonly controller?: 'dma1' | 'dma2';
  readonly stream?: number;
  readonly request: number;
  readonly par: number;
  readonly m0ar?: number;
  readonly ndtr: number;
  readonly cr: number;
  readonly tick?: Tick;
}

export function startStream(bench: SerialBench, setup: StreamSetup): void {
  const { controller = 'dma1', stream = 0, request, par, m0ar = RAM_BASE, ndtr, cr, tick = 0 } = setup;
  const dma = bench[controller];
  bench.dmamux.write(4 * (stream + (controller === 'dma1' ? 0 : 8)), 4, request, tick);
  dma.write(streamRegister(stream, 'PAR'), 4, par, tick);
  dma.write(streamRegister(stream, 'M0AR'), 4, m0ar, tick);
  dma.write(streamRegister(stream, 'NDTR'), 4, ndtr, tick);
  dma.write(streamRegister(stream, 'CR'), 4, cr, tick);
  dma.write(streamRegister(stream, 'CR'), 4, cr | SCR.EN, tick);
}
