/**
 * A client's TCP connection to the converter, through the network. The host's end is here; the converter's end is `World`.
 *
 * Nothing happens in it but in virtual time: what the host sends arrives one way later, and so does the news that it is gone.
 */
import type { NetworkConditions } from './converter/network.js';
import { NetworkPath } from './converter/network.js';
import type { Scheduler } from './event-queue.js';
import type { Random } from './random.js';
import type { Tick } from './time.js';

/** How a connection can end: in order, torn down, or without anybody being told. */
export type Ending = 'finished' | 'reset' | 'silent';

export interface ConnectionPaths {
  readonly uplink: NetworkConditions;
  readonly downlink: NetworkConditions;
}

export class Connection {
  /** How the host's end has seen it end; undefined while it is open as far as the host can know. */
  ending: Exclude<Ending, 'silent'> | undefined;
  /** Something for the host: bytes or the end. */
  onActivity: () => void = () => undefined;
  /** At the converter's end. */
  onSegment: (bytes: Uint8Array, tick: Tick) => void = () => undefined;
  onHostClosed: (tick: Tick) => void = () => undefined;

  readonly #uplink: NetworkPath;
  readonly #downlink: NetworkPath;
  readonly #scheduler: Scheduler;
  #arrived: Uint8Array[] = [];
  #isOpenAtConverter = true;
  #isOpenAtHost = true;
  #isSevered = false;

  constructor(paths: ConnectionPaths, random: Random, scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#uplink = new NetworkPath(paths.uplink, random.fork('uplink'), scheduler, (bytes, tick) => {
      if (this.#isOpenAtConverter && !this.#isSevered) this.onSegment(bytes, tick);
    });
    this.#downlink = new NetworkPath(paths.downlink, random.fork('downlink'), scheduler, (bytes) => {
      if (!this.#isOpenAtHost || this.#isSevered || this.ending !== undefined) return;
      this.#arrived.push(bytes);
      this.onActivity();
    });
  }

  /** When the host has the answer to what it asks at `tick` to open the connection. */
  handshakeEnd(tick: Tick): Tick {
    return this.#downlink.arrivalOfSignal(this.#uplink.arrivalOfSignal(tick));
  }

  /** The host sends. */
  send(bytes: Uint8Array, tick: Tick): void {
    if (this.ending === undefined) this.#uplink.send(bytes, tick);
  }

  /** The converter sends. */
  sendToHost(bytes: Uint8Array, tick: Tick): void {
    if (this.#isOpenAtConverter) this.#downlink.send(bytes, tick);
  }

  /** What has arrived at the host since the last call. */
  take(): readonly Uint8Array[] {
    const taken = this.#arrived;
    this.#arrived = [];
    return taken;
  }

  /** The host has closed its end and the converter will learn of it. */
  get isHostClosed(): boolean {
    return !this.#isOpenAtHost && !this.#isSevered;
  }

  get hasArrived(): boolean {
    return this.#arrived.length > 0;
  }

  /** The host closes its end; the converter learns of it one way later, unless the way is cut. */
  close(tick: Tick): void {
    if (!this.#isOpenAtHost) return;
    this.#isOpenAtHost = false;
    this.#scheduler.at(this.#uplink.arrivalOfSignal(tick), (arrival) => {
      if (this.#isSevered) return;
      this.#isOpenAtConverter = false;
      this.onHostClosed(arrival);
    });
  }

  /** The converter, or something on the way, ends the connection. */
  cut(ending: Ending, tick: Tick): void {
    if (ending === 'silent') {
      this.#isSevered = true;
      return;
    }
    this.#isOpenAtConverter = false;
    // A reset overtakes nothing on a path that keeps the order, but the receiver throws away what it has not read.
    this.#scheduler.at(this.#downlink.arrivalOfSignal(tick), () => {
      this.ending ??= ending;
      if (ending === 'reset') this.#arrived = [];
      this.onActivity();
    });
  }
}
