/** ISR of a USART, put together from the parts that own its flags (RM0433 §48; the bits have other names when FIFOEN is set). */
import type { Tick } from '../time.js';
import type { ReceiveBuffer } from './usart-receive-buffer.js';
import type { UsartReceiver } from './usart-receiver.js';
import type { UsartRegisterFile } from './usart-register-file.js';
import { CR1, FIFO_DEPTH, FIFO_THRESHOLDS, ISR, RXFTCFG_SHIFT, TXFTCFG_SHIFT, USART } from './usart-registers.js';
import type { UsartTransmitter } from './usart-transmitter.js';

export function statusWord(
  registers: UsartRegisterFile, receiver: UsartReceiver, buffer: ReceiveBuffer, transmitter: UsartTransmitter, tick: Tick,
): number {
  const cr1 = registers.get(USART.CR1);
  const flag = (bit: number, isSet: boolean): number => (isSet ? bit : 0);
  const common =
    buffer.flags | receiver.flags |
    flag(ISR.RXNE, buffer.count > 0) | flag(ISR.TXE, !transmitter.isFull) | flag(ISR.TC, transmitter.isComplete) |
    flag(ISR.BUSY, receiver.isBusy(tick)) |
    flag(ISR.TEACK, (cr1 & CR1.UE) !== 0 && (cr1 & CR1.TE) !== 0) | flag(ISR.REACK, (cr1 & CR1.UE) !== 0 && (cr1 & CR1.RE) !== 0);
  if ((cr1 & CR1.FIFOEN) === 0) return common;

  const cr3 = registers.get(USART.CR3);
  const threshold = (shift: number): number => FIFO_THRESHOLDS[(cr3 >>> shift) & 7] ?? Infinity;
  return (
    common |
    flag(ISR.TXFE, transmitter.queued === 0) | flag(ISR.RXFF, buffer.isFull) |
    flag(ISR.RXFT, buffer.count >= threshold(RXFTCFG_SHIFT)) |
    flag(ISR.TXFT, FIFO_DEPTH - transmitter.queued >= threshold(TXFTCFG_SHIFT))
  );
}
