/**
 * One direction of the network between host and converter, as TCP lets it be seen: bytes come late, in bursts, never out of order
 * and never with a gap. A lost packet shows as a delay of everything behind it.
 */
import type { Scheduler } from '../event-queue.js';
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import { msToTicks, TICKS_PER_SECOND } from '../time.js';

export interface NetworkConditions {
  /** Median time of one packet from end to end: half of the round trip. */
  readonly delayMs: number;
  /** Mean of the exponential part of that time: most packets are a little early, a few are very late. */
  readonly jitterMs: number;
  /** Bottleneck of the way; Infinity when there is none. */
  readonly bitsPerSecond: number;
  /** Share of packets that TCP has to send again, 0 … 1. */
  readonly lossRate: number;
  /** The network is dead for `lengthMs` out of every `periodMs`, first at a time drawn from the seed. */
  readonly outage?: { readonly lengthMs: number; readonly periodMs: number };
  /** Largest TCP payload of one packet. */
  readonly segmentBytes: number;
}

/** Smallest retransmission timeout of common stacks (Linux TCP_RTO_MIN). */
const MIN_RETRANSMISSION_MS = 200;

export class NetworkPath {
  readonly #conditions: NetworkConditions;
  readonly #random: Random;
  readonly #scheduler: Scheduler;
  readonly #onArrival: (bytes: Uint8Array, tick: Tick) => void;
  readonly #outagePhaseMs: number;
  #bottleneckFreeTick: Tick = 0;
  #lastArrivalTick: Tick = 0;

  constructor(
    conditions: NetworkConditions,
    random: Random,
    scheduler: Scheduler,
    onArrival: (bytes: Uint8Array, tick: Tick) => void,
  ) {
    this.#conditions = conditions;
    this.#random = random;
    this.#scheduler = scheduler;
    this.#onArrival = onArrival;
    this.#outagePhaseMs = random.fraction() * (conditions.outage?.periodMs ?? 0);
  }

  /** `bytes` leave at `tick`, cut into segments. */
  send(bytes: Uint8Array, tick: Tick): void {
    const { segmentBytes } = this.#conditions;
    for (let at = 0; at < bytes.length; at += segmentBytes) {
      const segment = bytes.slice(at, at + segmentBytes);
      this.#scheduler.at(this.#arrivalOf(segment.length, tick), (arrival) => this.#onArrival(segment, arrival));
    }
  }

  /** When something without length, a FIN for example, arrives that is sent now: behind all data. */
  arrivalOfSignal(tick: Tick): Tick {
    return this.#arrivalOf(0, tick);
  }

  #arrivalOf(lengthBytes: number, tick: Tick): Tick {
    const { bitsPerSecond, lossRate, delayMs } = this.#conditions;
    this.#bottleneckFreeTick = Math.max(this.#bottleneckFreeTick, tick) + (lengthBytes * 8 * TICKS_PER_SECOND) / bitsPerSecond;
    let arrival = this.#bottleneckFreeTick + msToTicks(this.#delayMs());
    for (let attempt = 0; this.#random.fraction() < lossRate && attempt < 6; attempt++) {
      arrival += msToTicks(Math.max(MIN_RETRANSMISSION_MS, 3 * delayMs) * 2 ** attempt);
    }
    this.#lastArrivalTick = Math.max(this.#lastArrivalTick, this.#afterOutage(arrival));
    return this.#lastArrivalTick;
  }

  #delayMs(): number {
    const { delayMs, jitterMs } = this.#conditions;
    if (jitterMs === 0) return delayMs;
    const exponential = -Math.log(1 - this.#random.fraction());
    return Math.max(delayMs / 2, delayMs + jitterMs * (exponential - Math.LN2));
  }

  /** What would arrive during an outage arrives after it, when the sender's backed-off timer tries again. */
  #afterOutage(tick: Tick): Tick {
    const { outage } = this.#conditions;
    if (outage === undefined) return tick;
    const period = msToTicks(outage.periodMs);
    const length = msToTicks(outage.lengthMs);
    const sinceStart = (tick + period - msToTicks(this.#outagePhaseMs)) % period;
    return sinceStart >= length ? tick : tick - sinceStart + length * (1 + 0.5 * this.#random.fraction());
  }
}
