import { describe, expect, it } from 'vitest';
import { AN3155_LINE } from '../../../host/link/line-settings.js';
import { RomBench } from './rom-bench.js';

const ACK = 0x79;
const NACK = 0x1f;
const RAM = 0x20004100;

describe('ROM synchronisation', () => {
  it('answers the first 0x7F on the TX pin of the port on which it came, and on no other', () => {
    const bench = new RomBench({ rxPin: 'PB11' });
    expect(bench.type([0x7f])).toEqual([ACK]);
    expect([...bench.txPins]).toEqual(['PB10']);
  });

  it.each([1200, 9600, 57_600, 115_200, 230_400, 460_800, 921_600])('measures %i baud', (baudRate) => {
    const bench = new RomBench({ line: { ...AN3155_LINE, baudRate } });
    expect(bench.type([0x7f])).toEqual([ACK]);
    expect(bench.rom.line?.brr).toBe(Math.round(64e6 / baudRate));
    expect(bench.type([0x02, 0xfd], 100)).toEqual([ACK, 1, 0x04, 0x50, ACK]);
  });

  it('is deaf until it has started up', () => {
    const bench = new RomBench();
    bench.rom.start(bench.now);
    expect(bench.type([0x7f], 10)).toEqual([]);
    bench.wait(60);
    expect(bench.type([0x7f])).toEqual([ACK]);
  });

  it.each([0x00, 0x31, 0x55, 0xff, 0x3f, 0x41])('is lost on this line when the first byte is 0x%s', (byte) => {
    const bench = new RomBench();
    bench.type([byte]);
    expect(bench.type([0x7f, 0x7f])).not.toContain(ACK);
    expect(bench.type([0x02, 0xfd])).not.toContain(ACK);
  });

  it('refuses a second 0x7F once it has its complement, which means: already synchronised', () => {
    const bench = new RomBench().synchronise();
    expect(bench.type([0x7f])).toEqual([]);
    expect(bench.type([0x7f])).toEqual([NACK]);
  });

  it('needs two 0x7F on PB15 of an H743', () => {
    const bench = new RomBench({ rxPin: 'PB15' });
    expect(bench.type([0x7f])).toEqual([]);
    expect(bench.type([0x7f])).toEqual([ACK]);
    expect([...bench.txPins]).toEqual(['PB14']);
  });

  it('does not hear a line faster than 115200 baud on PB15', () => {
    const bench = new RomBench({ rxPin: 'PB15', line: { ...AN3155_LINE, baudRate: 230_400 } });
    expect([bench.type([0x7f]), bench.type([0x7f]), bench.type([0x7f])]).toEqual([[], [], []]);
  });

  it('does not hear a pin that its version does not serve', () => {
    const bench = new RomBench({ part: 'STM32H723xG', bootloaderId: 0x93, rxPin: 'PB15' });
    expect(bench.type([0x7f])).toEqual([]);
    expect(bench.type([0x7f])).toEqual([]);
  });

  it('does not answer an odd-parity converter', () => {
    expect(new RomBench({ line: { ...AN3155_LINE, parity: 'odd' } }).type([0x7f])).toEqual([]);
  });
});

describe('ROM behind an 8N1 converter', () => {
  const line = { ...AN3155_LINE, parity: 'none' } as const;

  it('acknowledges 0x7F and then obeys no command sent back to back', () => {
    const bench = new RomBench({ line });
    expect(bench.type([0x7f])).toEqual([ACK]);
    expect(bench.type([0x02, 0xfd])[0]).not.toBe(ACK);
  });

  it('obeys 02 FD with a gap, and not 00 FF', () => {
    const bench = new RomBench({ line }).synchronise();
    expect(bench.type([0x02, 0xfd], 20, 20)[0]).toBe(ACK);
    const second = new RomBench({ line }).synchronise();
    expect(second.type([0x00, 0xff], 20, 20)).toEqual([NACK]);
  });
});

describe('ROM commands', () => {
  it('lists its version and eleven commands', () => {
    const commands = [0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82, 0x92];
    expect(new RomBench().synchronise().type([0x00, 0xff])).toEqual([ACK, 11, 0x31, ...commands, ACK]);
    expect(new RomBench().synchronise().type([0x01, 0xfe])).toEqual([ACK, 0x31, 0, 0, ACK]);
  });

  it.each([
    ['STM32H743xI', 0x92, [0x04, 0x50]],
    ['STM32H723xG', 0x93, [0x04, 0x83]],
    ['STM32H7A3xI', 0x92, [0x04, 0x80]],
  ] as const)('tells the device id of %s', (part, bootloaderId, id) => {
    expect(new RomBench({ part, bootloaderId }).synchronise().type([0x02, 0xfd])).toEqual([ACK, 1, ...id, ACK]);
  });

  it('refuses a command with a wrong complement, one it does not have, and goes on', () => {
    const bench = new RomBench().synchronise();
    expect(bench.type([0x02, 0xfc])).toEqual([NACK]);
    expect(bench.type([0xa1, 0x5e])).toEqual([NACK]);
    expect(bench.type([0x02, 0xfd])[0]).toBe(ACK);
  });

  it('waits for the rest of a frame for ever', () => {
    const bench = new RomBench().synchronise();
    bench.type([0x31, 0xce]);
    bench.type([0x20, 0x00]);
    bench.wait(3_600_000);
    expect(bench.type([0x41, 0x00, 0x61])).toEqual([ACK]);
  });

  it('writes and reads back what it wrote', () => {
    const bench = new RomBench().synchronise();
    const data = Array.from({ length: 256 }, (_, at) => (at * 7) & 0xff);
    expect(bench.writeMemory(RAM, data)).toEqual([ACK, ACK, ACK]);
    expect(bench.readMemory(RAM, 256)).toEqual([ACK, ACK, ACK, ...data]);
  });

  it('writes nothing when the checksum is wrong', () => {
    const bench = new RomBench().synchronise();
    bench.type([0x31, 0xce]);
    bench.type(RomBench.address(RAM));
    expect(bench.type([3, 1, 2, 3, 4, 0xff])).toEqual([NACK]);
    expect(bench.peek(RAM, 4)).toEqual([0, 0, 0, 0]);
  });

  it('refuses a wrong address checksum, an address off the word and a length off the word', () => {
    const bench = new RomBench().synchronise();
    bench.type([0x31, 0xce]);
    expect(bench.type([0x20, 0x00, 0x41, 0x00, 0x00])).toEqual([NACK]);
    bench.type([0x31, 0xce]);
    expect(bench.type(RomBench.address(RAM + 2))).toEqual([NACK]);
    expect(bench.writeMemory(RAM, [1, 2, 3])).toEqual([ACK, ACK, NACK]);
  });

  it('obeys as a command what was meant as data of a refused address', () => {
    const bench = new RomBench().synchronise();
    bench.type([0x31, 0xce]);
    expect(bench.type([...RomBench.address(0x30000000), 0x02, 0xfd])).toEqual([NACK, ACK, 1, 0x04, 0x50, ACK]);
  });

  it('loses what a pipelining host sends while it answers', () => {
    const bench = new RomBench().synchronise();
    bench.type([0x02, 0xfd, 0x02, 0xfd, 0x02, 0xfd]);
    expect(bench.rom.lostCharacters).toBeGreaterThan(0);
  });

  it.each([
    ['STM32H743xI', 0x92, 0x20004100, true],
    ['STM32H743xI', 0x92, 0x200040fc, false],
    ['STM32H743xI', 0x92, 0x24005000, true],
    ['STM32H743xI', 0x90, 0x24005000, false],
    ['STM32H743xI', 0x90, 0x24034000, true],
    ['STM32H742xI', 0x92, 0x24060000, false],
    ['STM32H743xI', 0x92, 0x00000000, false],
    ['STM32H743xI', 0x92, 0x30000000, false],
    ['STM32H743xI', 0x92, 0x1ff00000, false],
    ['STM32H743xG', 0x92, 0x08080000, false],
    ['STM32H723xG', 0x93, 0x24004000, true],
    ['STM32H723xG', 0x93, 0x24050000, false],
    ['STM32H7A3xI', 0x92, 0x24005000, false],
    ['STM32H7A3xI', 0x92, 0x20004100, true],
  ] as const)('%s with ROM 0x%s takes data at 0x%s: %s', (part, bootloaderId, address, isTaken) => {
    const bench = new RomBench({ part, bootloaderId }).synchronise();
    bench.type([0x31, 0xce]);
    expect(bench.type(RomBench.address(address))).toEqual([isTaken ? ACK : NACK]);
  });

  it('refuses a block that leaves its window at the end', () => {
    const bench = new RomBench().synchronise();
    expect(bench.writeMemory(0x2001fffc, [1, 2, 3, 4])).toEqual([ACK, ACK, ACK]);
    expect(bench.writeMemory(0x2001fffc, [1, 2, 3, 4, 5, 6, 7, 8])).toEqual([ACK, ACK, NACK]);
  });

  it('takes a command within the time that AN2606 gives for the connection', () => {
    const bench = new RomBench();
    const before = bench.now;
    bench.wait(0);
    bench.rom.lineIn('PA10', { bytes: Uint8Array.of(0x7f), startTick: before, format: AN3155_LINE });
    let ackEnd = 0;
    bench.rom.onLineOut = (_, run) => (ackEnd = run.startTick + 11 * 556);
    bench.wait(5);
    expect((ackEnd - before) / 64_000).toBeCloseTo(0.228, 2);
  });
});

describe('ROM Go', () => {
  const image = (stackPointer: number, entry: number): number[] =>
    [stackPointer, entry].flatMap((word) => [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff));

  function prepared(bootloaderId: number, stackPointer = 0x20010000, part = 'STM32H743xI'): RomBench {
    const bench = new RomBench({ bootloaderId, part }).synchronise();
    bench.writeMemory(RAM, image(stackPointer, RAM + 9));
    return bench;
  }

  it('jumps with the stack pointer and the entry that it finds', () => {
    const bench = prepared(0x92);
    expect(bench.go(RAM)).toEqual([ACK, ACK]);
    expect(bench.exit).toEqual({ kind: 'jump', stackPointer: 0x20010000, entry: RAM + 9 });
  });

  it('never answers the command bytes on V9.0, and jumps all the same', () => {
    const bench = prepared(0x90);
    expect(bench.type([0x21, 0xde], 5000)).toEqual([]);
    expect(bench.type(RomBench.address(RAM))).toEqual([ACK]);
    expect(bench.exit?.kind).toBe('jump');
  });

  it.each([[0x2001ffef, 'jump'], [0x2001fff0, 'reset'], [0x20020000, 'reset']] as const)('on V9.0 a stack pointer of 0x%s ends in a %s', (stackPointer, kind) => {
    const bench = prepared(0x90, stackPointer);
    bench.go(RAM);
    expect(bench.exit?.kind).toBe(kind);
  });

  it('takes a stack at the end of RAM on later versions', () => {
    const bench = prepared(0x92, 0x20020000);
    bench.go(RAM);
    expect(bench.exit?.kind).toBe('jump');
  });

  it('resets on V13.2', () => {
    const bench = prepared(0xd2);
    bench.go(RAM);
    expect(bench.exit?.kind).toBe('reset');
  });

  it('refuses memory that is neither RAM nor flash', () => {
    const bench = new RomBench().synchronise();
    expect(bench.go(0x1ff09800)).toEqual([ACK, NACK]);
    expect(bench.exit).toBeUndefined();
  });
});

describe('ROM under readout protection level 1', () => {
  const bench = (): RomBench => new RomBench({ rdp: 0x55 }).synchronise();

  it.each([[0x00, ACK], [0x01, ACK], [0x02, ACK], [0x92, ACK], [0x11, NACK], [0x21, NACK], [0x31, NACK], [0x44, NACK], [0x63, NACK], [0x73, NACK], [0x82, NACK]] as const)(
    'answers command 0x%s with 0x%s',
    (opcode, answer) => {
      expect(bench().type([opcode, opcode ^ 0xff])[0]).toBe(answer);
    },
  );
});
