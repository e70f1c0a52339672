/**
 * The peripherals as an initialised ROM leaves them when it does not clean up before its jump (AN2606 §4.1 and AN3155 contradict each
 * other): clocks on, pins muxed, the chosen USART enabled at the measured rate with the FIFO off.
 */
import type { AccessSize } from '../cpu/bus.js';
import type { Tick } from '../time.js';
import type { RomLine } from './rom.js';

interface RegisterBus {
  read(address: number, size: AccessSize, tick: Tick): number;
  write(address: number, size: AccessSize, value: number, tick: Tick): void;
}

/** RM0433 table 8; the RCC enable registers of the bank that all families share. */
const RCC = 0x58024400;
const RCC_AHB4ENR = RCC + 0x140;
const RCC_APB1LENR = RCC + 0x148;
const RCC_APB2ENR = RCC + 0x150;
const GPIO = 0x58020000;
const GPIO_STRIDE = 0x400;
const USARTS = {
  USART1: { base: 0x40011000, enableRegister: RCC_APB2ENR, enableBit: 1 << 4 },
  USART2: { base: 0x40004400, enableRegister: RCC_APB1LENR, enableBit: 1 << 17 },
  USART3: { base: 0x40004800, enableRegister: RCC_APB1LENR, enableBit: 1 << 18 },
} as const;
const CR1 = 0x00;
const CR2 = 0x04;
const BRR = 0x0c;
/** M0, PCE: eight data bits and even parity. Then TE, RE and UE. */
const CR1_8E1 = (1 << 12) | (1 << 10);
const CR1_UE = 1 << 0;
const CR1_ENABLED = CR1_8E1 | (1 << 3) | (1 << 2) | CR1_UE;
/** ABREN with ABRMODE = 0x7F frame. */
const CR2_AUTO_BAUD = (1 << 20) | (2 << 21);

export function leavePeripheralsAsTheRomUsesThem(chip: RegisterBus, line: RomLine, tick: Tick): void {
  const setBits = (address: number, bits: number): void => {
    chip.write(address, 4, (chip.read(address, 4, tick) | bits) >>> 0, tick);
  };
  const { base, enableRegister, enableBit } = USARTS[line.port.usart];
  setBits(enableRegister, enableBit);
  for (const pin of [line.port.tx, line.port.rx]) {
    setBits(RCC_AHB4ENR, 1 << portIndex(pin));
    selectAlternateFunction(chip, pin, tick);
  }
  // Everything but UE itself is writable only while UE is 0.
  chip.write(base + CR1, 4, (chip.read(base + CR1, 4, tick) & ~CR1_UE) >>> 0, tick);
  chip.write(base + CR1, 4, CR1_8E1, tick);
  chip.write(base + CR2, 4, CR2_AUTO_BAUD, tick);
  chip.write(base + BRR, 4, line.brr, tick);
  chip.write(base + CR1, 4, CR1_ENABLED, tick);
}

const portIndex = (pin: string): number => pin.charCodeAt(1) - 'A'.charCodeAt(0);

/** AF7 for every USART pin of the ROM but PB14 and PB15, which are AF4. */
function selectAlternateFunction(chip: RegisterBus, pin: string, tick: Tick): void {
  const number = Number(pin.slice(2));
  const port = GPIO + portIndex(pin) * GPIO_STRIDE;
  const change = (register: number, shift: number, width: number, value: number): void => {
    const mask = ((1 << width) - 1) << shift;
    chip.write(port + register, 4, ((chip.read(port + register, 4, tick) & ~mask) | (value << shift)) >>> 0, tick);
  };
  const alternateFunction = pin === 'PB14' || pin === 'PB15' ? 4 : 7;
  change(number < 8 ? 0x20 : 0x24, (number % 8) * 4, 4, alternateFunction);
  change(0x00, number * 2, 2, 2);
}
