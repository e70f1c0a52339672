/**
 * One direction of the network between host and converter, as TCP lets it be seen: bytes come late, in bursts, never out of order
 * and never with a gap. A lost packet shows as a delay of everything behind it.
 */
import type { Scheduler } from '../event-queue.js';
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import { msToTicks } from '../time.js';
import type { NetworkConditions } from './transit.js';
import { Transit } from './transit.js';

/** `sentTick`: when the sender let go of the bytes that arrive at `tick`. */
export type Arrival = (bytes: Uint8Array, tick: Tick, sentTick: Tick) => void;

/** One direction, whatever carries the bytes. */
export interface Path {
  /** @returns when the last of them arrives */
  send(bytes: Uint8Array, tick: Tick): Tick;
}

/** Smallest retransmission timeout of common stacks (Linux TCP_RTO_MIN). */
const MIN_RETRANSMISSION_MS = 200;

export class NetworkPath implements Path {
  readonly #conditions: NetworkConditions;
  readonly #transit: Transit;
  readonly #random: Random;
  readonly #scheduler: Scheduler;
  readonly #onArrival: Arrival;
  #lastArrivalTick: Tick = 0;

  constructor(conditions: NetworkConditions, random: Random, scheduler: Scheduler, onArrival: Arrival) {
    this.#conditions = conditions;
    this.#transit = new Transit(conditions, random);
    this.#random = random;
    this.#scheduler = scheduler;
    this.#onArrival = onArrival;
  }

  /** `bytes` leave at `tick`, cut into segments. */
  send(bytes: Uint8Array, tick: Tick): Tick {
    const { segmentBytes } = this.#conditions;
    for (let at = 0; at < bytes.length; at += segmentBytes) {
      const segment = bytes.slice(at, at + segmentBytes);
      this.#scheduler.at(this.#arrivalOf(segment.length, tick), (arrival) => this.#onArrival(segment, arrival, tick));
    }
    return this.#lastArrivalTick;
  }

  /** When something without length, a FIN for example, arrives that is sent now: behind all data. */
  arrivalOfSignal(tick: Tick): Tick {
    return this.#arrivalOf(0, tick);
  }

  #arrivalOf(lengthBytes: number, tick: Tick): Tick {
    const { lossRate, delayMs } = this.#conditions;
    let arrival = this.#transit.arrivalOf(lengthBytes, tick);
    for (let attempt = 0; this.#random.fraction() < lossRate && attempt < 6; attempt++) {
      arrival += msToTicks(Math.max(MIN_RETRANSMISSION_MS, 3 * delayMs) * 2 ** attempt);
    }
    this.#lastArrivalTick = Math.max(this.#lastArrivalTick, this.#afterOutage(arrival));
    return this.#lastArrivalTick;
  }

  /** What would arrive during an outage arrives after it, when the sender's backed-off timer tries again. */
  #afterOutage(tick: Tick): Tick {
    const outage = this.#transit.outageAt(tick);
    return outage === undefined ? tick : outage.startTick + outage.lengthTicks * (1 + 0.5 * this.#random.fraction());
  }
}
