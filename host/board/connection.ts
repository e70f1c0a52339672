/**
 * A client's connection to the converter, through the network. The host's end is here; the converter's end is `World`. Over UDP it is
 * only the way to one address: nobody opens it, and nobody is told of its end.
 *
 * Nothing happens in it but in virtual time: what the host sends arrives one way later, and so does the news that it is gone.
 */
import type { DatagramConditions } from './converter/datagrams.js';
import { DatagramPath } from './converter/datagrams.js';
import type { Outlet } from './converter/gathering.js';
import { Gatherer, Nagle } from './converter/gathering.js';
import type { Arrival, Path } from './converter/network.js';
import { NetworkPath } from './converter/network.js';
import type { NetworkConditions } from './converter/transit.js';
import type { Scheduler } from './event-queue.js';
import type { Random } from './random.js';
import type { Tick } from './time.js';

/** How a connection can end: in order, torn down, or without anybody being told. */
export type Ending = 'finished' | 'reset' | 'silent';

export interface ConnectionPaths {
  readonly uplink: NetworkConditions;
  readonly downlink: NetworkConditions;
  /** UDP; undefined: TCP. */
  readonly datagrams: DatagramConditions | undefined;
  /** TCP: both ends wait so long for a full segment. */
  readonly gatherMs?: number;
  /** TCP: the converter sends by Nagle's algorithm, and the host delays its acknowledgements. */
  readonly acknowledgementDelayMs?: number;
}

export class Connection {
  /** How the host's end has seen it end; undefined while it is open as far as the host can know. */
  ending: Exclude<Ending, 'silent'> | undefined;
  /** Something for the host: bytes or the end. */
  onActivity: () => void = () => undefined;
  /** At the converter's end. */
  onSegment: (bytes: Uint8Array, tick: Tick) => void = () => undefined;
  onHostClosed: (tick: Tick) => void = () => undefined;

  readonly #paths: ConnectionPaths;
  readonly #scheduler: Scheduler;
  readonly #uplink: Path;
  readonly #downlink: Path;
  readonly #toConverter: Outlet;
  readonly #toHost: Outlet;
  #arrived: Uint8Array[] = [];
  #isOpenAtConverter = true;
  #isOpenAtHost = true;
  #isSevered = false;

  constructor(paths: ConnectionPaths, random: Random, scheduler: Scheduler) {
    this.#paths = paths;
    this.#scheduler = scheduler;
    const nagle = this.#nagle();
    this.#uplink = this.#path(paths.uplink, random.fork('uplink'), (bytes, tick, sentTick) => {
      if (!this.#isOpenAtConverter || this.#isSevered) return;
      nagle?.heard(sentTick, tick);
      this.onSegment(bytes, tick);
    });
    this.#downlink = this.#path(paths.downlink, random.fork('downlink'), (bytes) => {
      if (!this.#isOpenAtHost || this.#isSevered || this.ending !== undefined) return;
      this.#arrived.push(bytes);
      this.onActivity();
    });
    this.#toConverter = this.#outlet(this.#uplink, paths.uplink);
    this.#toHost = nagle ?? this.#outlet(this.#downlink, paths.downlink);
  }

  get isDatagrams(): boolean {
    return this.#paths.datagrams !== undefined;
  }

  /** When the host has the answer to what it asks at `tick` to open the connection. */
  handshakeEnd(tick: Tick): Tick {
    return signal(this.#downlink, signal(this.#uplink, tick));
  }

  /** The host sends. */
  send(bytes: Uint8Array, tick: Tick): void {
    if (this.ending === undefined && bytes.length > 0) this.#toConverter.send(bytes, tick);
  }

  /** Asks the converter itself for something, behind what was sent; datagrams know no such thing. Nothing happens when the connection is gone by then. */
  command(tick: Tick, atConverter: () => void, atHost: () => void): void {
    this.#toConverter.flush(tick);
    this.#scheduler.at(signal(this.#uplink, tick), (arrival) => {
      if (!this.#isOpenAtConverter || this.#isSevered) return;
      atConverter();
      this.#toHost.flush(arrival);
      this.#scheduler.at(signal(this.#downlink, arrival), atHost);
    });
  }

  /** The converter sends. */
  sendToHost(bytes: Uint8Array, tick: Tick): void {
    if (this.#isOpenAtConverter && bytes.length > 0) this.#toHost.send(bytes, tick);
  }

  /** What has arrived at the host since the last call. */
  take(): readonly Uint8Array[] {
    const taken = this.#arrived;
    this.#arrived = [];
    return taken;
  }

  /** The host has closed its end and the converter will learn of it. */
  get isHostClosed(): boolean {
    return !this.#isOpenAtHost && !this.#isSevered && !this.isDatagrams;
  }

  get hasArrived(): boolean {
    return this.#arrived.length > 0;
  }

  /** The host closes its end; the converter learns of it one way later, unless the way is cut or carries datagrams. */
  close(tick: Tick): void {
    if (!this.#isOpenAtHost) return;
    this.#isOpenAtHost = false;
    this.#toConverter.flush(tick);
    if (this.isDatagrams) return;
    this.#scheduler.at(signal(this.#uplink, tick), (arrival) => {
      if (this.#isSevered) return;
      this.#isOpenAtConverter = false;
      this.onHostClosed(arrival);
    });
  }

  /** The converter, or something on the way, ends the connection. Over UDP only silence is an end: until the host takes another port. */
  cut(ending: Ending, tick: Tick): void {
    if (ending === 'silent') {
      this.#isSevered = true;
      return;
    }
    if (this.isDatagrams) return;
    if (ending === 'finished') this.#toHost.flush(tick);
    this.#isOpenAtConverter = false;
    // A reset overtakes nothing on a path that keeps the order, but the receiver throws away what it has not read.
    this.#scheduler.at(signal(this.#downlink, tick), () => {
      this.ending ??= ending;
      if (ending === 'reset') this.#arrived = [];
      this.onActivity();
    });
  }

  #path(conditions: NetworkConditions, random: Random, onArrival: Arrival): Path {
    const { datagrams } = this.#paths;
    if (datagrams !== undefined) return new DatagramPath(conditions, datagrams, random, this.#scheduler, onArrival);
    return new NetworkPath(conditions, random, this.#scheduler, onArrival);
  }

  #outlet(path: Path, { segmentBytes }: NetworkConditions): Outlet {
    const { gatherMs, datagrams } = this.#paths;
    if (gatherMs === undefined || datagrams !== undefined) return { send: (bytes, tick) => void path.send(bytes, tick), flush: () => undefined };
    return new Gatherer(segmentBytes, gatherMs, this.#scheduler, (bytes, tick) => void path.send(bytes, tick));
  }

  #nagle(): Nagle | undefined {
    const { acknowledgementDelayMs, datagrams, downlink, uplink } = this.#paths;
    if (acknowledgementDelayMs === undefined || datagrams !== undefined) return undefined;
    const options = { segmentBytes: downlink.segmentBytes, acknowledgementDelayMs, returnMs: uplink.delayMs };
    return new Nagle(options, this.#scheduler, (bytes, tick) => this.#downlink.send(bytes, tick));
  }
}

/** Something without length on its way; datagrams know no such thing, so it takes no time. */
function signal(path: Path, tick: Tick): Tick {
  return path instanceof NetworkPath ? path.arrivalOfSignal(tick) : tick;
}
