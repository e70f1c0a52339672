/** That two cores in lockstep stay in step where they should, and that whatever differs is found at once and named. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Bus } from '../../../host/board/cpu/bus.js';
import type { Core, CoreSurroundings } from '../../../host/board/cpu/core.js';
import { halfwords, region } from './bare-core.js';
import { recordedEngine } from './oracle/recorded-engine.js';
import { Transcript, TranscriptReader } from './oracle/transcript.js';
import { mayDoWithout, openUnicorn, type Unicorn } from './oracle/unicorn.js';
import { UnicornCore } from './oracle/unicorn-core.js';

const isSkipped = mayDoWithout(await openUnicorn(), 'lockstep');

const RAM = 0x20000000;
const START = RAM + 0x100;
const DEVICE = 0x40000000;
const SLICES = 300;

/** loop: ldr r0, [r1]; cmp r0, #0; ittet ne; strne r0, [r1, #4]; addne r2, #1; addeq r3, #1; addne r4, #1; ldr r5, [r6]; b loop */
const PROGRAM = [0x6808, 0x2800, 0xbf1a, 0x6048, 0x3201, 0x3301, 0x3401, 0x6835, 0xe7f6];

interface Setup {
  readonly program?: readonly number[];
  /** Register values at the start. */
  readonly registers?: readonly (readonly [register: number, value: number])[];
  /** What device reads answer; n counts them. */
  readonly answer?: (n: number) => number;
  readonly sliceTicks?: number;
}

/** Each store to the device ends the slice, which is in the middle of an IT block. */
function runSlices(create: (surroundings: CoreSurroundings) => Core, { program = PROGRAM, registers = [], answer = (n) => (n * 7) % 3, sliceTicks = 40 }: Setup = {}): void {
  const ram = region('DTCM', RAM, 65536);
  ram.bytes.set(halfwords(...program), START - RAM);
  let reads = 0;
  const bus: Bus = {
    read: (_address, _size, tick) => {
      if (tick % 5 === 0) core.stall(11);
      return answer(reads++);
    },
    write: () => core.yieldSoon(),
  };
  const core = create({ bus, regions: [ram] });
  core.r.set([0, DEVICE, 0, 0, 0, 0, RAM]);
  for (const [register, value] of registers) core.r[register] = value;
  core.start(RAM + 0x8000, START | 1, 0);
  for (let at = 0; at < SLICES; at++) core.run(core.tick + 1 + ((at * 13) % sliceTicks));
}

describe.skipIf(isSkipped)('two cores in lockstep', () => {
  let unicorn: Unicorn | undefined;

  async function compare(setup: Setup = {}): Promise<TranscriptReader> {
    const transcript = new Transcript();
    runSlices((surroundings) => recordedEngine(surroundings, transcript));
    const opened = await openUnicorn();
    if (typeof opened === 'string') throw new Error(opened);
    unicorn = opened;
    const reader = new TranscriptReader(transcript);
    runSlices((surroundings) => new UnicornCore(opened, surroundings, reader), setup);
    expect(reader.accessCount).toBe(transcript.accessCount);
    return reader;
  }

  afterEach(() => {
    unicorn?.close();
    unicorn = undefined;
  });

  test('stay in step over stalls and slices that end anywhere', async () => {
    const { accessCount, sliceCount } = await compare();
    expect(sliceCount).toBe(SLICES);
    expect(accessCount).toBeGreaterThan(SLICES);
  });

  test('differ where a register does', () => expect(compare({ registers: [[4, 5]] })).rejects.toThrow(/^slice 0 ends with register 4 6 in place of 1;/));

  test('differ where a device answers otherwise', () =>
    expect(compare({ answer: (n) => (n === 100 ? 17 : (n * 7) % 3) })).rejects.toThrow(/^access \d+ is\nread of 4 at 0x40000000: 0x11, .*\nThe transcript has/));

  test('differ where one executes an instruction more', () =>
    expect(compare({ program: [0xbf00, ...PROGRAM] })).rejects.toThrow(/^the end of the slice at tick \d+ was passed over/));

  test('differ where one accesses another register', () =>
    expect(compare({ registers: [[1, DEVICE + 16]] })).rejects.toThrow(/^access 0 is\nread of 4 at 0x40000010/));

  test('differ where an instruction leaves memory for a device', () =>
    expect(compare({ registers: [[6, DEVICE]] })).rejects.toThrow(/^access \d+ is by an instruction that did none/));

  test('differ where an access has another size', () =>
    expect(compare({ program: [0x7808, ...PROGRAM.slice(1)] })).rejects.toThrow(/^access 0 is\nread of 1 at 0x40000000/));

  test('differ where the time is sliced in another way', () => expect(compare({ sliceTicks: 39 })).rejects.toThrow(/^slice \d+ is to reach tick \d+, in the transcript \d+/));

  // b 0x20000140; … b .
  test('differ where one goes astray and never comes to where the other stopped', () =>
    expect(compare({ program: [0xe01e, ...new Array<number>(31).fill(0xbf00), 0xe7fe] })).rejects.toThrow(/^the end of the slice at tick \d+ was passed over/));

  test('differ where one faults', () => expect(compare({ program: [0xde00] })).rejects.toThrow(/^uc_emu_start failed with 10$/));
});

test('a missing oracle is told, and in CI on Linux it is no excuse', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  vi.stubEnv('CI', '');
  expect(mayDoWithout('libunicorn is not installed', 'lockstep')).toBe(true);
  expect(warn).toHaveBeenCalledWith('lockstep skipped: libunicorn is not installed');
  vi.stubEnv('CI', 'true');
  expect(mayDoWithout('libunicorn is not installed', 'lockstep')).toBe(process.platform !== 'linux');
  vi.unstubAllEnvs();
  warn.mockRestore();
});
