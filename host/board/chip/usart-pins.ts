/**
 * The pins that alternate functions connect to a USART, and what a program gets wrong about them: two that listen, none that listens
 * or speaks. Each mistake is said once, until it is mended.
 */
import type { Tick } from '../time.js';
import type { SerialViolationName } from './serial-violations.js';
import type { UsartSurroundings } from './usart-surroundings.js';

type Report = (name: SerialViolationName, message: string, tick: Tick) => void;

export class UsartPins {
  readonly #surroundings: UsartSurroundings;
  readonly #report: Report;
  readonly #said = new Set<SerialViolationName>();

  constructor(surroundings: UsartSurroundings, report: Report) {
    this.#surroundings = surroundings;
    this.#report = report;
  }

  /** The pin that listens. */
  listening(tick: Tick): string | undefined {
    const { rxPins } = this.#surroundings;
    this.#sayOnce(rxPins.length > 1, 'usart-two-rx-pins', () => `RX is on ${rxPins.join(' and ')}`, tick);
    return rxPins[0];
  }

  /** A program looks whether something has come. */
  checkListening(tick: Tick): void {
    this.#sayOnce(this.#surroundings.rxPins.length === 0, 'usart-no-rx-pin', () => 'the receiver is on and no pin is switched to RX', tick);
  }

  /** The pins that a character goes out on. */
  driven(tick: Tick): readonly string[] {
    const { txPins } = this.#surroundings;
    this.#sayOnce(txPins.length === 0, 'usart-no-tx-pin', () => 'a character was sent and no pin is switched to TX', tick);
    return txPins;
  }

  #sayOnce(isWrong: boolean, name: SerialViolationName, message: () => string, tick: Tick): void {
    if (isWrong === this.#said.has(name)) return;
    if (isWrong) this.#said.add(name);
    else this.#said.delete(name);
    if (isWrong) this.#report(name, message(), tick);
  }
}
