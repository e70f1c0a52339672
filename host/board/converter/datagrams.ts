/**
 * One direction of the network as UDP lets it be seen: every datagram for itself. It may be lost, come twice, or come after those that
 * were sent behind it; nobody is told.
 */
import type { Scheduler } from '../event-queue.js';
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import { msToTicks } from '../time.js';
import type { Arrival, Path } from './network.js';
import type { NetworkConditions } from './transit.js';
import { Transit } from './transit.js';

export interface DatagramConditions {
  /** Share of datagrams that are lost, beyond what the network loses anyway; 0 … 1. */
  readonly lossRate: number;
  /** Share of datagrams that arrive twice. */
  readonly duplicateRate: number;
  /** A datagram arrives up to so many places later than it was sent. */
  readonly reorderDepth: number;
}

export const ORDERLY_DATAGRAMS: DatagramConditions = { lossRate: 0, duplicateRate: 0, reorderDepth: 0 };

/** One that waits to be overtaken by others that never come goes on after this time. */
const LONGEST_WAIT_MS = 250;

interface Waiting {
  /** How many more must overtake it. */
  places: number;
  readonly release: (tick: Tick) => void;
}

export class DatagramPath implements Path {
  readonly #network: NetworkConditions;
  readonly #conditions: DatagramConditions;
  readonly #transit: Transit;
  readonly #random: Random;
  readonly #scheduler: Scheduler;
  readonly #onArrival: Arrival;
  #waiting: Waiting[] = [];

  constructor(network: NetworkConditions, conditions: DatagramConditions, random: Random, scheduler: Scheduler, onArrival: Arrival) {
    this.#network = network;
    this.#conditions = conditions;
    this.#transit = new Transit(network, random);
    this.#random = random;
    this.#scheduler = scheduler;
    this.#onArrival = onArrival;
  }

  /** One datagram. */
  send(bytes: Uint8Array, tick: Tick): Tick {
    const datagram = bytes.slice();
    const { lossRate, duplicateRate } = this.#conditions;
    const copies = this.#random.fraction() < duplicateRate ? 2 : 1;
    let last = tick;
    for (let copy = 0; copy < copies; copy++) {
      const arrival = this.#transit.arrivalOf(datagram.length, tick);
      const isLost = this.#random.fraction() < 1 - (1 - lossRate) * (1 - this.#network.lossRate) || this.#transit.outageAt(arrival) !== undefined;
      if (isLost) continue;
      this.#scheduler.at(arrival, (now) => this.#pass(now, (then) => this.#onArrival(datagram, then, tick)));
      last = Math.max(last, arrival);
    }
    return last;
  }

  /** Hands a datagram on, or holds it back until others have overtaken it. */
  #pass(tick: Tick, deliver: (tick: Tick) => void): void {
    const places = this.#random.below(this.#conditions.reorderDepth + 1);
    if (places === 0) deliver(tick);
    for (const waiting of this.#waiting) waiting.places--;
    for (const { release } of this.#waiting.filter((waiting) => waiting.places === 0)) release(tick);
    if (places > 0) this.#hold(places, tick, deliver);
  }

  #hold(places: number, tick: Tick, deliver: (tick: Tick) => void): void {
    const release = (now: Tick): void => {
      cancelTimer();
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      deliver(now);
    };
    const waiting: Waiting = { places, release };
    const cancelTimer = this.#scheduler.at(tick + msToTicks(LONGEST_WAIT_MS), release);
    this.#waiting.push(waiting);
  }
}
