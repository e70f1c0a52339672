/** What the stub must know before it hears any frame, written into its header (PROTOCOL.md §2): how its answers are masked, and which pin it kicks. */
import { StageFlashError } from '../errors.js';
import { FRAME, SETTINGS } from '../protocol/wire.js';
import type { Masks } from '../protocol/masks.js';

/** A pin that a watchdog beside the chip looks at. */
export interface Kick {
  /** `PB7` */
  readonly pin: string;
  /** Between two edges. */
  readonly periodMs: number;
}

export interface StubSettings {
  readonly masks: Masks;
  readonly kick?: Kick | undefined;
}

const GPIOA_BASE = 0x5802_0000;
const GPIO_PORT_BYTES = 0x400;

/** Where the ROM bootloader may have found its line, TX and RX, by base address of the USART (AN2606 tables 135, 137, 226; stub/loader/loader.c). */
export const LINE_PINS: ReadonlyMap<number, readonly string[]> = new Map([
  [0x4001_1000, ['PA9', 'PA10', 'PB14', 'PB15']],
  [0x4000_4400, ['PA2', 'PA3']],
  [0x4000_4800, ['PB10', 'PB11', 'PD8', 'PD9']],
]);

/** The stub with its settings; what its CRC is of stays as it is. */
export function withSettings(stub: Uint8Array, { masks, kick }: StubSettings): Uint8Array {
  const patched = stub.slice();
  const view = new DataView(patched.buffer);
  view.setUint32(SETTINGS.answerMasks.offset, masks === 'several' ? 1 << FRAME.severalMasksBit : 0, true);
  if (kick === undefined) return patched;
  view.setUint32(SETTINGS.kickMs.offset, kick.periodMs, true);
  view.setUint32(SETTINGS.kickGpio.offset, GPIOA_BASE + GPIO_PORT_BYTES * (kick.pin.charCodeAt(1) - 'A'.charCodeAt(0)), true);
  view.setUint32(SETTINGS.kickPin.offset, 1 << Number(kick.pin.slice(2)), true);
  return patched;
}

/** @param usart on which the loader has greeted. @throws StageFlashError kind `refused` */
export function refuseKickOnLine(kick: Kick | undefined, usart: number): void {
  if (kick === undefined || LINE_PINS.get(usart)?.includes(kick.pin) !== true) return;
  throw new StageFlashError('refused', `--kick ${kick.pin}: the line to the board may be on this pin`, {
    hint: `The bootloader speaks here over ${LINE_PINS.get(usart)!.join(', ')}, two of them; name the pin that the watchdog is on.`,
  });
}
