/** Which peripherals the chip has, where they lie, what clocks them, and which of their registers programs poll. */
import type { H7Part } from '../../device/h7-part.js';
import { CrcUnit } from './crc-unit.js';
import { STREAM } from './dma-stream.js';
import { Dma, STREAM_COUNT, STREAMS } from './dma.js';
import { Dmamux } from './dmamux.js';
import type { FlashController } from './flash-controller.js';
import { FLASH_BASE } from './flash-controller.js';
import { FLASH_BANK2_DISTANCE, FLASH_BANK_OFFSETS } from './flash-registers.js';
import { Gpio } from './gpio.js';
import { Iwdg } from './iwdg.js';
import type { ChipServices, Peripheral } from './peripheral.js';
import { DBGMCU_IDCODE, plainBlocks } from './plain-blocks.js';
import { CLOCK_ENABLES } from './rcc-registers.js';
import { Rcc } from './rcc.js';
import { withField } from './register-access.js';
import type { StoredRegisters } from './stored-registers.js';
import type { UsartName } from './usart-registers.js';
import { USART, USARTS } from './usart-registers.js';
import type { UsartPin } from './usart-surroundings.js';
import { Usart } from './usart.js';

/** Base addresses (cmsis_device_h7 13ba9da); those of the USARTs are in usart-registers.ts. */
export const BASES = {
  DMA1: 0x40020000,
  DMA2: 0x40020400,
  DMAMUX1: 0x40020800,
  RCC: 0x58024400,
  GPIOA: 0x58020000,
  IWDG1: 0x58004800,
} as const;
const GPIO_DISTANCE = 0x400;

/** No two peripherals share a page of 1 KiB. */
export const PAGE_BITS = 10;

const pins = (af: number, ...names: string[]): readonly UsartPin[] => names.map((pin) => ({ pin, af }));

/** The pins over which the ROM bootloader talks (AN2606), and UART4; alternate functions from the H743 datasheet. */
const USART_PINS: Readonly<Record<UsartName, { readonly txPins: readonly UsartPin[]; readonly rxPins: readonly UsartPin[] }>> = {
  USART1: { txPins: [...pins(7, 'PA9'), ...pins(4, 'PB14')], rxPins: [...pins(7, 'PA10'), ...pins(4, 'PB15')] },
  USART2: { txPins: pins(7, 'PA2'), rxPins: pins(7, 'PA3') },
  USART3: { txPins: pins(7, 'PB10', 'PD8'), rxPins: pins(7, 'PB11', 'PD9') },
  UART4: { txPins: pins(8, 'PD1'), rxPins: pins(8, 'PD0') },
};

export interface Peripherals {
  readonly rcc: Rcc;
  readonly iwdg: Iwdg;
  readonly crc: CrcUnit;
  readonly flashController: FlashController;
  /** By port letter. */
  readonly gpios: ReadonlyMap<string, Gpio>;
  readonly usarts: Readonly<Record<UsartName, Usart>>;
  readonly dmas: readonly Dma[];
  readonly dmamux: Dmamux;
  readonly plain: readonly { readonly base: number; readonly block: StoredRegisters }[];
}

export interface PeripheralOptions {
  readonly part: H7Part;
  readonly services: ChipServices;
  readonly revisionId: number;
  readonly flashController: FlashController;
  readonly onPeripheralReset: (name: string) => void;
  readonly onClocksChanged: () => void;
}

/** A peripheral at its place. */
export interface Mapping {
  readonly base: number;
  readonly peripheral: Peripheral;
  /** One of these RCC enables must be set; none: always clocked. */
  readonly clocks: readonly string[];
  isClocked: boolean;
  /** Offsets that programs poll. */
  readonly polled: ReadonlySet<number>;
  /** A write may change what the USARTs' lines mean. */
  readonly decidesLines: boolean;
  /** A write changes nothing that programs poll: a loop that feeds its watchdog waits like any other. */
  readonly standsApart: boolean;
}

export function buildPeripherals(options: PeripheralOptions): Peripherals {
  const { part, services, revisionId } = options;
  const { violations } = services;
  const usart = (name: UsartName): Usart => new Usart({ name, services, ...USART_PINS[name] });
  const usarts = { USART1: usart('USART1'), USART2: usart('USART2'), USART3: usart('USART3'), UART4: usart('UART4') };
  const dmamux = new Dmamux({ services });
  // Erratum 2.22: the bit exists on 0x450 from REV_ID 0x2000 on and on all younger families.
  const trbuffNeeded = part.family !== 'H74x' || revisionId >= 0x2000;
  const dmas = (['DMA1', 'DMA2'] as const).map(
    (name, index) => new Dma({ name, services, trbuffNeeded, requestOf: (stream) => dmamux.lineOf(index * 8 + stream) }),
  );
  dmamux.connect(dmas, Object.values(usarts));
  const ports = Object.keys(CLOCK_ENABLES[part.family]).filter((name) => name.startsWith('GPIO'));
  const idcode = withField(withField(0, DBGMCU_IDCODE.DEV_ID, part.deviceId), DBGMCU_IDCODE.REV_ID, revisionId);
  return {
    rcc: new Rcc({ family: part.family, violations, onPeripheralReset: options.onPeripheralReset, onClocksChanged: options.onClocksChanged }),
    iwdg: new Iwdg(violations),
    crc: new CrcUnit(violations),
    flashController: options.flashController,
    gpios: new Map(ports.map((name) => [name.slice(4), new Gpio(name.slice(4), violations)])),
    usarts,
    dmas,
    dmamux,
    plain: plainBlocks(violations, idcode),
  };
}

export function mapPeripherals(part: H7Part, all: Peripherals): readonly Mapping[] {
  const enables = CLOCK_ENABLES[part.family];
  const at = (base: number, peripheral: Peripheral, extra: Partial<Mapping> = {}): Mapping => ({
    base,
    peripheral,
    clocks: peripheral.name in enables ? [peripheral.name] : [],
    isClocked: !(peripheral.name in enables),
    polled: new Set(),
    decidesLines: false,
    standsApart: false,
    ...extra,
  });
  // SxCR, whose EN ends a transfer, and SxNDTR of the eight streams (RM0433, DMA_SxCR and DMA_SxNDTR).
  const streams = new Set(Array.from({ length: STREAM_COUNT }, (_, stream) => STREAMS.first + STREAMS.distance * stream).flatMap((base) => [base + STREAM.CR, base + STREAM.NDTR]));
  const { SR1 } = FLASH_BANK_OFFSETS;
  return [
    at(FLASH_BASE, all.flashController, { polled: new Set([SR1, SR1 + FLASH_BANK2_DISTANCE]) }),
    at(BASES.RCC, all.rcc, { decidesLines: true }),
    at(BASES.IWDG1, all.iwdg, { standsApart: true }),
    at(part.addresses.crc, all.crc),
    ...[...all.gpios].map(([port, gpio]) => at(BASES.GPIOA + GPIO_DISTANCE * (port.charCodeAt(0) - 0x41), gpio, { decidesLines: true })),
    ...Object.values(all.usarts).map((usart) => at(USARTS[usart.name].base, usart, { polled: new Set([USART.ISR]) })),
    ...all.dmas.map((dma) => at(BASES[dma.name], dma, { polled: streams })),
    // DMAMUX1 runs on the clock of the DMAs that it serves (RM0433, chapter DMAMUX).
    at(BASES.DMAMUX1, all.dmamux, { clocks: ['DMA1', 'DMA2'], isClocked: false }),
    ...all.plain.map(({ base, block }) => at(base, block)),
  ];
}
