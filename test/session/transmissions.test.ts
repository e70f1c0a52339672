import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { Transmissions, type Piece } from '../../host/session/transmissions.js';

const UNIT = 128;

/** The stub's side, naively: which units have come, and what PROGRESS says of them. */
class Receiver {
  readonly units: boolean[];
  poll = 0;

  constructor(lengthBytes: number) {
    this.units = Array.from({ length: lengthBytes / UNIT }, () => false);
  }

  take({ offset, length }: Piece): void {
    this.units.fill(true, offset / UNIT, (offset + length) / UNIT);
  }

  tell(to: Transmissions): number {
    const gap = this.units.indexOf(false);
    const received = gap < 0 ? this.units.length : gap;
    const map = new Uint8Array(Math.min(256, Math.ceil((this.units.lastIndexOf(true) + 1 - received) / 8)));
    map.forEach((_, at) => {
      for (let bit = 0; bit < 8; bit++) if (this.units[received + 8 * at + bit]) map[at]! |= 1 << bit;
    });
    return to.acknowledge(received * UNIT, map, this.poll);
  }
}

function setUp(units: number): { readonly sent: Transmissions; readonly receiver: Receiver; readonly next: () => Piece } {
  const sent = new Transmissions(units * UNIT);
  return { sent, receiver: new Receiver(units * UNIT), next: () => sent.take(UNIT, Infinity)! };
}

describe('new pieces', () => {
  test('come in order, at most as long as asked for, and end with the stream', () => {
    const sent = new Transmissions(5 * UNIT);
    expect([sent.take(2 * UNIT, Infinity), sent.take(2 * UNIT, Infinity), sent.take(2 * UNIT, Infinity), sent.take(2 * UNIT, Infinity)]).toEqual([
      { offset: 0, length: 256 }, { offset: 256, length: 256 }, { offset: 512, length: 128 }, undefined,
    ]);
    expect(sent.isAllSent).toBe(true);
  });

  test('stay below the window, in whole units', () => {
    const sent = new Transmissions(5 * UNIT);
    expect(sent.take(4 * UNIT, 2 * UNIT + 100)).toEqual({ offset: 0, length: 256 });
    expect(sent.take(4 * UNIT, 2 * UNIT + 127)).toBeUndefined();
    expect(sent.isAllSent).toBe(false);
    expect(sent.take(4 * UNIT, 3 * UNIT)).toEqual({ offset: 256, length: 128 });
  });

  test('are none in an empty stream', () => {
    const sent = new Transmissions(0);
    expect(sent.take(UNIT, Infinity)).toBeUndefined();
    expect(sent.isAllSent).toBe(true);
  });
});

describe('a lost piece', () => {
  test('in the middle is known as soon as a later one has come, and only it is sent again', () => {
    const { sent, receiver, next } = setUp(4);
    const [first, , third] = [next(), next(), next()];
    receiver.take(first);
    receiver.take(third);
    expect(receiver.tell(sent)).toBe(UNIT);
    expect(next()).toEqual({ offset: UNIT, length: UNIT });
    expect(next()).toEqual({ offset: 3 * UNIT, length: UNIT });
    expect(sent.repeatedBytes).toBe(UNIT);
  });

  test('is not lost before anything behind it has come', () => {
    const { sent, receiver, next } = setUp(4);
    receiver.take(next());
    next();
    expect(receiver.tell(sent)).toBe(0);
    expect(next()).toEqual({ offset: 2 * UNIT, length: UNIT });
  });

  test('at the end is known by a poll that was sent behind it', () => {
    const { sent, receiver, next } = setUp(2);
    receiver.take(next());
    next();
    sent.poll(7);
    expect(receiver.tell(sent)).toBe(0);
    receiver.poll = 7;
    expect(receiver.tell(sent)).toBe(UNIT);
    expect(sent.isAllSent).toBe(false);
    expect(next()).toEqual({ offset: UNIT, length: UNIT });
  });

  test('that was sent again behind the poll is not lost a second time by its answer', () => {
    const { sent, receiver, next } = setUp(2);
    next();
    next();
    sent.poll(7);
    receiver.poll = 7;
    expect(receiver.tell(sent)).toBe(2 * UNIT);
    next();
    expect(receiver.tell(sent)).toBe(0);
  });

  test('is lost once, however often the same PROGRESS comes', () => {
    const { sent, receiver, next } = setUp(3);
    next();
    receiver.take(next());
    expect([receiver.tell(sent), receiver.tell(sent), receiver.tell(sent)]).toEqual([UNIT, 0, 0]);
  });

  test('is cut where frames have become shorter, and only its missing units are repeated', () => {
    const sent = new Transmissions(16 * UNIT);
    const receiver = new Receiver(16 * UNIT);
    sent.take(8 * UNIT, Infinity);
    const second = sent.take(8 * UNIT, Infinity)!;
    receiver.take({ offset: 2 * UNIT, length: UNIT });
    receiver.take(second);
    expect(receiver.tell(sent)).toBe(7 * UNIT);
    expect([sent.take(4 * UNIT, 0), sent.take(4 * UNIT, 0), sent.take(4 * UNIT, 0), sent.take(4 * UNIT, 0)]).toEqual([
      { offset: 0, length: 2 * UNIT }, { offset: 3 * UNIT, length: 4 * UNIT }, { offset: 7 * UNIT, length: UNIT }, undefined,
    ]);
  });
});

describe('against a naive model with random loss', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('everything arrives, and nothing that has come is called lost: seed %i', (seed) => {
    const random = new Random(seed);
    const units = 1 + random.below(600);
    const lossShare = random.fraction() * 0.6;
    const sent = new Transmissions(units * UNIT);
    const receiver = new Receiver(units * UNIT);
    /** In order, as a TCP connection and a UART keep it. */
    const line: (Piece | number)[] = [];
    let transmitted = 0;
    let request = 0;
    for (let step = 0; receiver.units.includes(false); step++) {
      expect(step).toBeLessThan(100_000);
      const piece = random.below(3) > 0 ? sent.take((1 + random.below(12)) * UNIT, Infinity) : undefined;
      if (piece !== undefined) {
        transmitted += piece.length;
        if (random.fraction() >= lossShare) line.push(piece);
      } else if (random.below(4) === 0) {
        sent.poll(++request);
        if (random.fraction() >= lossShare) line.push(request);
      }
      const arriving = random.below(2) === 0 ? line.shift() : undefined;
      if (typeof arriving === 'number') receiver.poll = arriving;
      else if (arriving !== undefined) {
        // On a line that keeps the order nothing is repeated that has come or is on its way.
        expect(receiver.units.slice(arriving.offset / UNIT, (arriving.offset + arriving.length) / UNIT)).not.toContain(true);
        receiver.take(arriving);
      }
      if (random.fraction() >= lossShare && random.below(3) === 0) receiver.tell(sent);
    }
    receiver.tell(sent);
    expect(sent.isAllSent).toBe(true);
    expect(sent.repeatedBytes).toBe(transmitted - units * UNIT);
  });
});

describe('where the network keeps no order', () => {
  /** @returns bytes known to be lost after pieces 1 … `later` have come and piece 0 has not */
  const lostAfter = (later: number, poll?: 'poll'): number => {
    const sent = new Transmissions(40 * UNIT, 16);
    const receiver = new Receiver(40 * UNIT);
    const pieces = Array.from({ length: later + 1 }, () => sent.take(UNIT, Infinity)!);
    pieces.slice(1).forEach((piece) => receiver.take(piece));
    if (poll !== undefined) {
      sent.poll(1);
      receiver.poll = 1;
    }
    return receiver.tell(sent);
  };

  test('a piece may be overtaken by a few', () => expect(lostAfter(15)).toBe(0));
  test('a piece that is overtaken by too many is lost', () => expect(lostAfter(16)).toBe(UNIT));
  test('a piece that has not come when a later POLL has is lost', () => expect(lostAfter(3, 'poll')).toBe(UNIT));

  test('an overtaken piece that comes in the end is not sent again', () => {
    const sent = new Transmissions(40 * UNIT, 16);
    const receiver = new Receiver(40 * UNIT);
    const pieces = Array.from({ length: 40 }, () => sent.take(UNIT, Infinity)!);
    for (let at = 0; at < 40; at += 8) {
      pieces.slice(at, at + 8).reverse().forEach((piece) => {
        receiver.take(piece);
        expect(receiver.tell(sent)).toBe(0);
      });
    }
    expect(sent.take(UNIT, Infinity)).toBeUndefined();
    expect(sent.repeatedBytes).toBe(0);
  });
});
