/** The pin that the stub kicks, for a watchdog beside the chip: written into the stub's header (PROTOCOL.md §2), refused where the line may be on it. */
import { StageFlashError } from '../errors.js';
import { STUB_HEADER } from '../protocol/wire.js';

export interface Kick {
  /** `PB7` */
  readonly pin: string;
  /** Between two edges. */
  readonly periodMs: number;
}

const GPIOA_BASE = 0x5802_0000;
const GPIO_PORT_BYTES = 0x400;

/** Where the ROM bootloader may have found its line, TX and RX, by base address of the USART (AN2606 tables 135, 137, 226; stub/loader/loader.c). */
export const LINE_PINS: ReadonlyMap<number, readonly string[]> = new Map([
  [0x4001_1000, ['PA9', 'PA10', 'PB14', 'PB15']],
  [0x4000_4400, ['PA2', 'PA3']],
  [0x4000_4800, ['PB10', 'PB11', 'PD8', 'PD9']],
]);

/** @param stub as built, with or without options */
export function withKick(stub: Uint8Array, kick: Kick | undefined): Uint8Array {
  if (kick === undefined) return stub;
  const told = stub.slice();
  const view = new DataView(told.buffer);
  view.setUint32(STUB_HEADER.kickMs.offset, kick.periodMs, true);
  view.setUint32(STUB_HEADER.kickGpio.offset, GPIOA_BASE + GPIO_PORT_BYTES * (kick.pin.charCodeAt(1) - 'A'.charCodeAt(0)), true);
  view.setUint32(STUB_HEADER.kickPin.offset, 1 << Number(kick.pin.slice(2)), true);
  return told;
}

/** RM0468 §8.7: H72x has no port I. */
const DEVICE_ID_H72X = 0x483;

/** @param deviceId of the part, as the ROM bootloader says it. @throws StageFlashError kind `refused` */
export function refuseMissingPort(kick: Kick | undefined, deviceId: number): void {
  if (deviceId !== DEVICE_ID_H72X || kick?.pin.startsWith('PI') !== true) return;
  throw new StageFlashError('refused', `--kick ${kick.pin}: this part has no port I`, { hint: 'H72x and H73x have ports A to H, J and K.' });
}

/** @param usart on which the loader has greeted. @throws StageFlashError kind `refused` */
export function refuseKickOnLine(kick: Kick | undefined, usart: number): void {
  if (kick === undefined || LINE_PINS.get(usart)?.includes(kick.pin) !== true) return;
  throw new StageFlashError('refused', `--kick ${kick.pin}: the line to the board may be on this pin`, {
    hint: `The bootloader speaks here over ${LINE_PINS.get(usart)!.join(', ')}, two of them; name the pin that the watchdog is on.`,
  });
}
