/** The board's power, reset and read-out protection at the worst moment. */
import { afterAll, describe, expect, it } from 'vitest';
import { boardFaults } from '../../../host/board/faults/board-faults.js';
import { msToTicks } from '../../../host/board/time.js';
import type { Session } from './fault-bench.js';
import { ACK, faultsTried, withFault } from './fault-bench.js';

describe('board faults', () => {
  /** Writes 256 bytes to the start of flash: eight program operations of 100 µs. */
  function writeFlash({ exchange }: Session): void {
    exchange([0x7f]);
    exchange([0x31, 0xce]);
    exchange([0x08, 0x00, 0x00, 0x00, 0x08]);
    exchange([0xff, ...new Array<number>(256).fill(0x5a), 0xff], 1500);
  }

  const firstReads = ({ world }: Session, offset: number): string[] =>
    Array.from({ length: 40 }, () => {
      const { ecc, bytes } = world.board.chip.flash.readWord(0, offset, world.now);
      return ecc === 'failed' ? 'failed' : bytes.every((byte) => byte === 0x5a) ? 'new' : bytes.every((byte) => byte === 0xff) ? 'old' : 'mixed';
    });

  it('power-cut cuts the Nth flash operation and the board comes back into the ROM with other RAM', () => {
    const session = withFault('power-cut@flash-op=3');
    const { world } = session;
    const ramAt = (): number => world.board.chip.read(0x24010000, 4, world.now);
    const before = ramAt();
    writeFlash(session);
    expect(world.boardEvents.map(({ kind }) => kind)).toEqual(['rom', 'off', 'rom']);
    expect(ramAt()).not.toBe(before);
    const { flash } = world.board.chip;
    expect([0, 32, 64, 96].map((offset) => flash.stateAt(0x08000000 + offset))).toEqual(['programmed', 'programmed', 'damaged', 'erased']);
  });

  it.each([
    ['before', ['old']],
    ['middle', ['failed', 'mixed', 'new', 'old']],
    ['late', ['new']],
  ])('power-cut %s a flash word is done leaves what that means, for every seed', (moment, outcomes) => {
    for (let seed = 1; seed <= 5; seed++) {
      const session = withFault(`power-cut@flash-op=2:${moment}`, `seed=${seed}`);
      writeFlash(session);
      expect(new Set(firstReads(session, 32))).toEqual(new Set(outcomes));
    }
  });

  it('power-cut hits an erase as a whole sector', () => {
    const session = withFault('power-cut@flash-op=1:middle');
    session.exchange([0x7f]);
    session.exchange([0x44, 0xbb]);
    session.exchange([0x00, 0x00, 0x00, 0x01, 0x01], 3000);
    const { flash } = session.world.board.chip;
    expect([0x0801ffe0, 0x08020000, 0x0803ffe0, 0x08040000].map((address) => flash.stateAt(address))).toEqual(['erased', 'damaged', 'damaged', 'erased']);
  });

  it('power-cut may be planted more than once', () => {
    const session = withFault('power-cut@flash-op=1', 'fault=power-cut@flash-op%3D2&tolerate=flash-word-not-erased');
    writeFlash(session);
    writeFlash(session);
    expect(session.world.boardEvents.map(({ kind }) => kind)).toEqual(['rom', 'off', 'rom', 'off', 'rom']);
  });

  it.each([
    ['boot0=high', 'rom'],
    ['boot0=low', 'lockup'],
    ['boot0=pulse', 'lockup'],
    ['boot0=low&boot-add0=0x1FF0', 'rom'],
    ['boot0=high&boot-add1=0x0800', 'lockup'],
  ])('power-cut ends where the boot address points: %s', (query, kind) => {
    const session = withFault('power-cut@flash-op=1', query);
    const { board } = session.world;
    // The operation is begun from outside: the subject is what comes after it.
    board.chip.flash.onOperation?.({ kind: 'program', bank: 0, address: 0x08000000, lengthBytes: 32, startTick: session.world.now, endTick: session.world.now + 6400 });
    session.world.run(session.world.now + msToTicks(1100));
    expect(session.world.boardEvents.at(-1)).toMatchObject({ kind });
    expect(session.world.boardEvents.map((event) => event.kind)).toContain('off');
  });

  it('double-nack answers Read, Write and Go twice under read-out protection, and nothing else', () => {
    const { exchange } = withFault('double-nack', 'rdp=1');
    expect(exchange([0x7f])).toEqual([ACK]);
    for (const command of [[0x11, 0xee], [0x31, 0xce], [0x21, 0xde]]) expect(exchange(command)).toEqual([0x1f, 0x1f]);
    expect(exchange([0x44, 0xbb])).toEqual([0x1f]);
    expect(exchange([0x42, 0x42])).toEqual([0x1f]);
    expect(exchange([0x02, 0xfd])).toEqual([ACK, 1, 0x04, 0x50, ACK]);
  });

  it('board-reset presses the button at its time', () => {
    const { world } = withFault('board-reset=3s');
    world.run(msToTicks(4000));
    expect(world.boardEvents.at(-1)).toMatchObject({ kind: 'rom', cause: 'pin' });
    expect(world.boardEvents.at(-1)?.tick).toBeCloseTo(msToTicks(3000), -3);
  });
});

afterAll(() => {
  expect(faultsTried()).toEqual(Object.keys(boardFaults).sort());
});
