/**
 * The peripherals as an initialised ROM leaves them when it does not clean up before its jump (AN2606 §4.1 and AN3155 contradict each
 * other): clocks on, pins muxed, the chosen USART enabled at the measured rate with the FIFO off.
 */
import type { H7Part } from '../../device/h7-part.js';
import { GPIO_OFFSETS } from '../chip/gpio.js';
import { BASES } from '../chip/peripheral-map.js';
import { CLOCK_ENABLES, RCC_CORE_ALIAS_DISTANCE, RCC_OFFSETS_H743 } from '../chip/rcc-registers.js';
import { withField } from '../chip/register-access.js';
import { ABRMODE_SHIFT, CR1, CR2, USART, USARTS } from '../chip/usart-registers.js';
import type { AccessSize } from '../cpu/bus.js';
import type { Tick } from '../time.js';
import type { RomLine } from './rom.js';

interface RegisterBus {
  readonly part: H7Part;
  read(address: number, size: AccessSize, tick: Tick): number;
  write(address: number, size: AccessSize, value: number, tick: Tick): void;
}

const GPIO_DISTANCE = 0x400;
const ALTERNATE_FUNCTION_MODE = 2;
const CR1_8E1 = CR1.M0 | CR1.PCE;
const ABRMODE_0X7F = 2 << ABRMODE_SHIFT;

export function leavePeripheralsAsTheRomUsesThem(chip: RegisterBus, { port, brr }: RomLine, tick: Tick): void {
  const change = (address: number, to: (value: number) => number): void => chip.write(address, 4, to(chip.read(address, 4, tick)) >>> 0, tick);
  const enableClock = (name: string): void => {
    const enable = CLOCK_ENABLES[chip.part.family][name];
    if (enable === undefined) return;
    const address = BASES.RCC + RCC_OFFSETS_H743[enable.register] + RCC_CORE_ALIAS_DISTANCE;
    change(address, (value) => withField(value, { position: enable.position, width: 1 }, 1));
  };

  for (const pin of [port.tx, port.rx]) {
    enableClock(`GPIO${pin.charAt(1)}`);
    const number = Number(pin.slice(2));
    const gpio = BASES.GPIOA + (pin.charCodeAt(1) - 0x41) * GPIO_DISTANCE;
    change(gpio + GPIO_OFFSETS.AFR + (number >> 3) * 4, (value) => withField(value, { position: (number & 7) * 4, width: 4 }, alternateFunction(pin)));
    change(gpio + GPIO_OFFSETS.MODER, (value) => withField(value, { position: number * 2, width: 2 }, ALTERNATE_FUNCTION_MODE));
  }

  enableClock(port.usart);
  const { base } = USARTS[port.usart];
  // Everything but UE itself is writable only while UE is 0.
  change(base + USART.CR1, (value) => value & ~CR1.UE);
  chip.write(base + USART.CR1, 4, CR1_8E1, tick);
  chip.write(base + USART.CR2, 4, CR2.ABREN | ABRMODE_0X7F, tick);
  chip.write(base + USART.BRR, 4, brr, tick);
  chip.write(base + USART.CR1, 4, CR1_8E1 | CR1.TE | CR1.RE | CR1.UE, tick);
}

/** Every USART pin of the ROM is on AF7 but these two. */
const alternateFunction = (pin: string): number => (pin === 'PB14' || pin === 'PB15' ? 4 : 7);
