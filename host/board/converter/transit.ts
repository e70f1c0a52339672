/**
 * How long one packet is on its way through one direction of the network, whatever carries it: bottleneck, delay with its spread, a
 * receiver that must wake up first, outages.
 */
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
  /** Share of packets that get lost, 0 … 1. */
  readonly lossRate: number;
  /** The network is dead for `lengthMs` out of every `periodMs`, first at a time drawn from the seed. */
  readonly outage?: { readonly lengthMs: number; readonly periodMs: number };
  /** The receiver sleeps when nothing was sent to it for `afterMs`; waking up takes up to `wakeUpMs`. */
  readonly sleep?: { readonly afterMs: number; readonly wakeUpMs: number };
  /** Largest payload of one TCP packet. */
  readonly segmentBytes: number;
}

/** Beacons come at fixed times, packets at any: the shortest wait is a third of the longest. */
const SHORTEST_WAKE_UP = 1 / 3;

export class Transit {
  readonly #conditions: NetworkConditions;
  readonly #random: Random;
  readonly #outagePhaseMs: number;
  #bottleneckFreeTick: Tick = 0;
  #lastSentTick: Tick = 0;

  constructor(conditions: NetworkConditions, random: Random) {
    this.#conditions = conditions;
    this.#random = random;
    this.#outagePhaseMs = random.fraction() * (conditions.outage?.periodMs ?? 0);
  }

  /** When a packet that leaves at `tick` would arrive on a network that is alive. */
  arrivalOf(lengthBytes: number, tick: Tick): Tick {
    const { bitsPerSecond } = this.#conditions;
    this.#bottleneckFreeTick = Math.max(this.#bottleneckFreeTick, tick) + (lengthBytes * 8 * TICKS_PER_SECOND) / bitsPerSecond;
    return this.#bottleneckFreeTick + msToTicks(this.#delayMs() + this.#wakeUpMs(tick));
  }

  /** The outage that `tick` falls into. */
  outageAt(tick: Tick): { readonly startTick: Tick; readonly lengthTicks: number } | undefined {
    const { outage } = this.#conditions;
    if (outage === undefined) return undefined;
    const period = msToTicks(outage.periodMs);
    const lengthTicks = msToTicks(outage.lengthMs);
    const sinceStart = (tick + period - msToTicks(this.#outagePhaseMs)) % period;
    return sinceStart >= lengthTicks ? undefined : { startTick: tick - sinceStart, lengthTicks };
  }

  #delayMs(): number {
    const { delayMs, jitterMs } = this.#conditions;
    if (jitterMs === 0) return delayMs;
    const exponential = -Math.log(1 - this.#random.fraction());
    return Math.max(delayMs / 2, delayMs + jitterMs * (exponential - Math.LN2));
  }

  #wakeUpMs(tick: Tick): number {
    const { sleep } = this.#conditions;
    const quietTicks = tick - this.#lastSentTick;
    this.#lastSentTick = tick;
    if (sleep === undefined || quietTicks < msToTicks(sleep.afterMs)) return 0;
    return sleep.wakeUpMs * (SHORTEST_WAKE_UP + (1 - SHORTEST_WAKE_UP) * this.#random.fraction());
  }
}
