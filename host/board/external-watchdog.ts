/**
 * A watchdog beside the chip, as cabinets have them: it pulls NRST when no edge came on its pin for too long, whoever runs. It counts from
 * power on and from each reset; what drives the pin, it does not know. (Many types wait for a first edge or do not mind an open pin; this one is of the strict kind.)
 */
import type { Tick } from './time.js';
import { msToTicks } from './time.js';

export interface WatchdogWiring {
  /** `PB7` */
  readonly pin: string;
  readonly timeoutMs: number;
}

export class ExternalWatchdog {
  readonly pin: string;
  readonly #timeoutTicks: number;
  #fedAt: Tick = 0;

  constructor({ pin, timeoutMs }: WatchdogWiring) {
    this.pin = pin;
    this.#timeoutTicks = msToTicks(timeoutMs);
  }

  get expiryTick(): Tick {
    return this.#fedAt + this.#timeoutTicks;
  }

  /** An edge, or the end of a reset. */
  feed(tick: Tick): void {
    this.#fedAt = tick;
  }
}
