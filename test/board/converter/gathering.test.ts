import { describe, expect, it } from 'vitest';
import { Gatherer, Nagle } from '../../../host/board/converter/gathering.js';
import { EventQueue } from '../../../host/board/event-queue.js';
import type { Tick } from '../../../host/board/time.js';
import { msToTicks, ticksToMs } from '../../../host/board/time.js';

interface Bench {
  readonly queue: EventQueue;
  /** [length, when it left in ms] */
  readonly left: [number, number][];
  readonly emit: (bytes: Uint8Array, tick: Tick) => Tick;
}

/** @param oneWayMs until what left has arrived */
function bench(oneWayMs = 0): Bench {
  const left: [number, number][] = [];
  return { queue: new EventQueue(), left, emit: (bytes, tick) => (left.push([bytes.length, ticksToMs(tick)]), tick + msToTicks(oneWayMs)) };
}

const at = ({ queue }: Bench, ms: number, action: (tick: Tick) => void): void => void queue.at(msToTicks(ms), action);
const end = ({ queue, left }: Bench): [number, number][] => (queue.runDue(Number.MAX_SAFE_INTEGER), left);

describe('a modem that gathers', () => {
  const gatherer = (b: Bench): Gatherer => new Gatherer(1460, 100, b.queue, b.emit);

  it('lets small writes go together, as long after the first as it was told', () => {
    const b = bench();
    const modem = gatherer(b);
    for (const ms of [0, 30, 60]) at(b, ms, (tick) => modem.send(new Uint8Array(10), tick));
    at(b, 110, (tick) => modem.send(new Uint8Array(5), tick));
    expect(end(b)).toEqual([[30, 100], [5, 210]]);
  });

  it('lets a full segment go at once and waits anew for what is left', () => {
    const b = bench();
    const modem = gatherer(b);
    at(b, 0, (tick) => modem.send(new Uint8Array(1000), tick));
    at(b, 50, (tick) => modem.send(new Uint8Array(2000), tick));
    expect(end(b)).toEqual([[1460, 50], [1460, 50], [80, 150]]);
  });

  it('keeps nothing back from a closing connection', () => {
    const b = bench();
    const modem = gatherer(b);
    at(b, 0, (tick) => modem.send(new Uint8Array(10), tick));
    at(b, 20, (tick) => modem.flush(tick));
    expect(end(b)).toEqual([[10, 20]]);
  });
});

describe("Nagle's algorithm against delayed acknowledgements", () => {
  const nagle = (b: Bench): Nagle => new Nagle({ segmentBytes: 1460, acknowledgementDelayMs: 40, returnMs: 10 }, b.queue, b.emit);

  it('sends the first packet at once and gathers the next ones until that is acknowledged', () => {
    const b = bench(10);
    const sender = nagle(b);
    for (const ms of [0, 1, 2]) at(b, ms, (tick) => sender.send(new Uint8Array(4), tick));
    expect(end(b)).toEqual([[4, 0], [8, 10 + 40 + 10]]);
  });

  it('goes on earlier when the host says something after it has the packet, and not when it said it before', () => {
    const b = bench(10);
    const sender = nagle(b);
    for (const ms of [0, 1]) at(b, ms, (tick) => sender.send(new Uint8Array(4), tick));
    at(b, 15, (tick) => sender.heard(msToTicks(5), tick));
    at(b, 25, (tick) => sender.heard(msToTicks(15), tick));
    expect(end(b)).toEqual([[4, 0], [4, 25]]);
  });

  it('never holds full segments', () => {
    const b = bench(10);
    const sender = nagle(b);
    at(b, 0, (tick) => sender.send(new Uint8Array(4), tick));
    at(b, 1, (tick) => sender.send(new Uint8Array(3000), tick));
    expect(end(b)).toEqual([[4, 0], [2920, 1], [80, 1 + 10 + 10]]);
  });
});
