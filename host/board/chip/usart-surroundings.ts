/**
 * What the rest of the chip does to a USART: its clocks, and which pins reach it. Asked once and kept until the chip says that it may
 * have changed; a megabyte of characters would otherwise ask RCC and GPIO a million times.
 */
import type { ChipServices } from './peripheral.js';
import type { UsartName } from './usart-registers.js';

/** A pin and the alternate function that connects it. */
export interface UsartPin {
  readonly pin: string;
  readonly af: number;
}

export interface UsartOptions {
  readonly name: UsartName;
  readonly services: ChipServices;
  readonly txPins: readonly UsartPin[];
  readonly rxPins: readonly UsartPin[];
}

interface Answers {
  readonly isClocked: boolean;
  readonly kernelHz: number;
  readonly txPins: readonly string[];
  readonly rxPins: readonly string[];
}

export class UsartSurroundings {
  readonly #options: UsartOptions;
  #answers: Answers | undefined;

  constructor(options: UsartOptions) {
    this.#options = options;
  }

  get isClocked(): boolean {
    return this.#ask().isClocked;
  }

  get kernelHz(): number {
    return this.#ask().kernelHz;
  }

  /** Pins that carry TX. */
  get txPins(): readonly string[] {
    return this.#ask().txPins;
  }

  /** Pins that reach RX; more than one is a mistake. */
  get rxPins(): readonly string[] {
    return this.#ask().rxPins;
  }

  forget(): void {
    this.#answers = undefined;
  }

  #ask(): Answers {
    this.#answers ??= this.#answersNow();
    return this.#answers;
  }

  #answersNow(): Answers {
    const { name, services, txPins, rxPins } = this.#options;
    const connected = (pins: readonly UsartPin[]): readonly string[] =>
      pins.filter(({ pin, af }) => services.hasAlternateFunction(pin, af)).map(({ pin }) => pin);
    return {
      isClocked: services.isClocked(name), kernelHz: services.usartKernelHz(name), txPins: connected(txPins), rxPins: connected(rxPins),
    };
  }
}
