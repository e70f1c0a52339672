/** A converter whose line is set otherwise than the board's. */
import { afterAll, describe, expect, it } from 'vitest';
import { serialFaults } from '../../../host/board/faults/serial-faults.js';
import { msToTicks } from '../../../host/board/time.js';
import type { Session } from './fault-bench.js';
import { ACK, faultsTried, NACK, withFault, wireTap } from './fault-bench.js';

describe('serial faults', () => {
  /** What goes over the board's wire, as [rate, parity]. */
  function formats({ world, exchange }: Session): unknown[] {
    const seen: unknown[] = [];
    const lineIn = world.board.lineIn.bind(world.board);
    world.board.lineIn = (run) => {
      seen.push([run.format.baudRate, run.format.parity]);
      lineIn(run);
    };
    exchange([0x7f]);
    return seen;
  }

  it('baud and parity set the converter apart from what the host believes, in any order', () => {
    expect(formats(withFault('baud=9600'))).toEqual([[9600, 'even']]);
    expect(formats(withFault('parity=none', 'fault=baud%3D57600'))).toEqual([[57_600, 'none']]);
    expect(formats(withFault('baud=57600', 'fault=parity%3Dodd'))).toEqual([[57_600, 'odd']]);
  });

  it('parity=none has the signature of an 8N1 converter: 0x7F is answered, a command only with a gap in it', () => {
    const hasty = withFault('parity=none');
    expect(hasty.exchange([0x7f])).toEqual([ACK]);
    expect(hasty.exchange([0x02, 0xfd])).not.toContain(ACK);
    const slow = withFault('parity=none');
    slow.exchange([0x7f]);
    slow.exchange([0x02], 20);
    expect(slow.exchange([0xfd])[0]).toBe(ACK);
  });

  it('half-duplex loses what the board says while the converter sends, and shortly afterwards', () => {
    const { exchange } = withFault('half-duplex=0.5ms');
    expect(exchange([0x7f])).toEqual([]);
    // Of the five bytes that answer Get ID, at 95 µs each, those that begin half a millisecond after the question.
    expect(exchange([0x02, 0xfd])).toEqual([]);
    const answer = exchange([0x00, 0xff]);
    expect(answer.length).toBeGreaterThan(5);
    expect(answer.length).toBeLessThan(15);
    expect(answer.slice(-3)).toEqual([0x82, 0x92, ACK]);
    // With no moment at all the answer to a question that has been sent is heard, that of the first of two in a row is not.
    const quick = withFault('half-duplex=0ms');
    expect(quick.exchange([0x7f])).toEqual([ACK]);
    expect(quick.exchange([0x7f, 0x7f, 0x7f, 0x7f])).toEqual([NACK]);
  });

  it('rate-limit takes lower rates when asked, and only says that it takes higher ones', () => {
    const { world } = withFault('rate-limit=57600');
    const taken = [38_400, 57_600, 115_200].map((baudRate) => {
      world.converter.setLine({ ...world.converter.line, baudRate });
      return world.converter.line.baudRate;
    });
    expect(taken).toEqual([38_400, 57_600, 57_600]);
  });

  it('sync-pattern swallows a valid pattern and changes the rate, and passes one with a wrong checksum', () => {
    const { world, exchange } = withFault('sync-pattern');
    const seen = wireTap(world);
    const wrong = [0x55, 0xaa, 0x55, 0x01, 0xc2, 0x00, 0x1b, 0xdf];
    exchange([1, ...wrong, 2]);
    expect(seen).toEqual([1, ...wrong, 2]);
    world.board.pressReset();
    world.run(world.now + msToTicks(100));
    exchange([3, 0x55, 0xaa, 0x55, 0x00, 0x25, 0x80, 0x1b, 0xc0, 4]);
    expect(seen.slice(10)).toEqual([3, 4]);
    const runs: number[] = [];
    const lineIn = world.board.lineIn.bind(world.board);
    world.board.lineIn = (run) => {
      runs.push(run.format.baudRate);
      lineIn(run);
    };
    exchange([5]);
    expect(runs).toEqual([9600]);
  });
});

afterAll(() => {
  expect(faultsTried()).toEqual(Object.keys(serialFaults).sort());
});
