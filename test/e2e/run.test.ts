/** `stage-flash run`: programs for RAM on virtual boards. What they found and what they say is the program's own word; RAM is looked at beside it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunOptions } from '../../host/flash-options.js';
import type { Segment } from '../../host/image/image.js';
import type { Link } from '../../host/link/link.js';
import type { SimLink } from '../../host/link/sim-link.js';
import { wrapLink } from '../../host/link/wrap-link.js';
import { run } from '../../host/run.js';
import { END_RECORD, hexLines } from '../image/hex-writer.js';
import { expectedNotes, GREETING, helloSegment, readNotes } from './ram-program.js';
import { fillFlash, firstDifference, flashOf, garbage, openBoard, statistics } from './virtual-board.js';

const AXI = 0x2400_0000;
const EXPECT = { expect: { text: GREETING, withinMs: 1000 } };

/** As Intel HEX in a file: programs come in more than one segment. */
function fileOf(segments: readonly Segment[]): string {
  const path = join(mkdtempSync(join(tmpdir(), 'stage-flash-')), 'program.hex');
  writeFileSync(path, [...segments.flatMap(({ address, bytes }) => hexLines(address, bytes)), END_RECORD].join('\n'));
  return path;
}

function runOn(link: Link, segments: readonly Segment[], options: Partial<RunOptions> = {}) {
  return run({ imagePath: fileOf(segments), to: 'sim:', events: () => undefined, ...options }, link);
}

const ramOf = ({ world }: SimLink, address: number): number => world.board.chip.read(address, 4, world.now) >>> 0;

function holds(link: SimLink, { address, bytes }: Segment): boolean {
  return bytes.every((byte, at) => link.world.board.chip.read(address + at, 1, link.world.now) === byte);
}

/** Two words and more of ballast that says whether all has come. */
async function runs(query: string, segments: readonly Segment[], options: Partial<RunOptions> = {}): Promise<SimLink> {
  const link = await openBoard(query);
  const before = fillFlash(link, 5, 0x1000);
  const report = await runOn(link, segments, { ...EXPECT, ...options });
  expect(report.outcome).toBe('started');
  expect(report.text).toContain(`It says “${GREETING}”.`);
  expect(report.details.application).toMatchObject({ isHeard: true, said: GREETING });
  expect(report.details.flash).toBe('untouched');
  expect(firstDifference(flashOf(link), before)).toBeUndefined();
  expect(segments.every((segment) => holds(link, segment))).toBe(true);
  return link;
}

describe('a program for RAM', () => {
  test('is loaded and started in the state that a reset leaves', async () => {
    const link = await runs('rtt=300ms', [helloSegment(AXI), { address: AXI + 0x1000, bytes: garbage(20_000, 1) }]);
    expect(readNotes((address) => ramOf(link, address))).toEqual(expectedNotes(AXI));
    expect(statistics(link).boots.go).toBe(1);
  });

  test.each(['STM32H723xG', 'STM32H7A3xI', 'STM32H742xI', 'STM32H747xI'])('on %s', async (chip) => {
    const link = await runs(`chip=${chip}&rtt=20ms`, [helloSegment(AXI), { address: AXI + 0x1000, bytes: garbage(3000, 2) }]);
    expect(readNotes((address) => ramOf(link, address))).toEqual(expectedNotes(AXI));
  });

  test('may lie in tightly coupled memory, on both sides of what the loader takes, at any address', async () => {
    await runs('rtt=20ms', [helloSegment(0), { address: 0x2000_0001, bytes: garbage(0x40ff, 3) }, { address: 0x2000_4500, bytes: garbage(0x803, 4) }, { address: 0x2001_fa01, bytes: garbage(255, 5) }]);
  });

  test('reaches its end on the way of 16 KiB in few round trips', async () => {
    const phases: string[] = [];
    const link = await openBoard('rtt=2s');
    const { details } = await runOn(link, [helloSegment(AXI), { address: AXI + 0x1000, bytes: garbage(16 * 1024, 6) }], { events: (event) => { if (event.type === 'phase') phases.push(event.phase); } });
    const wireSeconds = (17_800 * 272 / 256) / (115_200 / 11);
    expect(details.phases.stream!).toBeLessThan(wireSeconds + 2 * 2 + 0.3);
    expect(phases).toEqual(['image', 'bootloader', 'loader', 'stream']);
  });

  test.each(['fault=lose=0.03&rtt=50ms', 'fault=flip=0.05&rtt=50ms&seed=2', 'half-duplex=1&fault=half-duplex&fault=lose=0.03&rtt=50ms', 'transport=udp&rtt=50ms&jitter=40ms', 'half-duplex=1&fault=half-duplex&rtt=50ms'])('comes through: %s', async (query) => {
    await runs(query, [helloSegment(AXI), { address: AXI + 0x1000, bytes: garbage(20_000, 7) }]);
  });
});

test('a program comes at another bit rate than it speaks at', async () => {
  const [link, ballast] = [await openBoard('rtt=50ms&baud=921600'), { address: AXI + 0x1000, bytes: garbage(20_000, 7) }];
  expect((await runOn(link, [helloSegment(AXI), ballast])).outcome).toBe('started');
  expect(holds(link, ballast)).toBe(true);
});

describe('a program is refused before anything is loaded', () => {
  const refused = async (query: string, segments: readonly Segment[], wanted: object): Promise<void> => {
    const link = await openBoard(query);
    await expect(runOn(link, segments)).rejects.toMatchObject(wanted);
    expect(statistics(link).boots.go ?? 0).toBe(0);
  };
  const message = (text: string): object => ({ kind: 'refused', message: expect.stringContaining(text) as string });

  test('that belongs into flash', () => refused('', [helloSegment(0x0800_0000)], { ...message('bytes from 0x08000000 are flash'), hint: expect.stringContaining('leave the word run away') as string }));
  test('that lies where the loader works', () => refused('', [helloSegment(AXI), { address: 0x2000_4000, bytes: garbage(0x101, 1) }], message('wants 0x20004100')));
  test('that lies where its stack is', () => refused('', [helloSegment(AXI), { address: 0x2001_fefc, bytes: garbage(8, 1) }], message('wants 0x2001FEFC')));
  test('that lies in memory without a clock', () => refused('', [helloSegment(AXI), { address: 0x3000_0000, bytes: garbage(8, 1) }], message('in no RAM of STM32H743xI that has a clock')));
  test('that reaches out of the memory that every such part has', () => refused('', [helloSegment(AXI), { address: AXI + 384 * 1024, bytes: garbage(8, 1) }], message('in no RAM of STM32H742xI')));
  test('that lies where an option of H72x may have taken the memory away', () => refused('chip=STM32H723xG', [helloSegment(AXI), { address: AXI + 128 * 1024, bytes: garbage(8, 1) }], message('in no RAM of STM32H723x')));
  test('that has no vector table', () => refused('', [{ address: AXI, bytes: garbage(2000, 1) }], { kind: 'image', message: expect.stringContaining('vector table') as string }));
  test('that could begin at two places', () => refused('', [helloSegment(0), helloSegment(AXI)], { kind: 'image', message: expect.stringContaining('0x00000000 or 0x24000000') as string }));
  test('that has none where --go says', async () => {
    await expect(runOn(await openBoard(''), [helloSegment(AXI)], { vectors: AXI + 128 })).rejects.toMatchObject({ kind: 'image', message: expect.stringContaining('no vector table for RAM at 0x24000080') as string });
  });
  test('whose chunks have addresses that must not cross the link', async () => {
    const link = await openBoard('rtt=20ms');
    await expect(runOn(link, [helloSegment(AXI), { address: AXI + 0x1100, bytes: garbage(8, 1) }], { avoidXonXoff: true })).rejects.toMatchObject(message('0x24001100 cannot be told'));
    expect(statistics(link).boots.go ?? 0).toBe(0);
  });
  test('whose entry is outside of it', () => refused('', [{ address: AXI, bytes: helloSegment(AXI).bytes.subarray(0, 0x400) }], { kind: 'image' }));
});

test('of two that look like a vector table --go says which it is', async () => {
  const link = await runs('rtt=20ms', [helloSegment(0), helloSegment(AXI)], { vectors: AXI });
  expect(readNotes((address) => ramOf(link, address)).registers['SCB_VTOR']).toBe(AXI);
});

test('a table may stand inside of a piece, when --go says so', async () => {
  const inside = helloSegment(AXI + 0x400);
  await runs('rtt=20ms', [{ address: AXI, bytes: Uint8Array.of(...garbage(0x400, 1), ...inside.bytes) }], { vectors: AXI + 0x400 });
});

test('a stack at the end of the RAM of the larger part is no reason to refuse', async () => {
  const segment = helloSegment(AXI);
  new DataView(segment.bytes.buffer).setUint32(0, AXI + 512 * 1024, true);
  await runs('rtt=20ms', [segment]);
});

test('with 0x11 and 0x13 kept off the wire', async () => {
  await runs('rtt=20ms&fault=xonxoff', [helloSegment(AXI + 0x2000)], { avoidXonXoff: true });
});

test('--chip says that the larger RAM is there', async () => {
  await runs('rtt=20ms', [helloSegment(AXI), { address: AXI + 500 * 1024, bytes: garbage(8, 1) }], { chip: 'STM32H743xI' });
});

/** Nothing that has the starter's word in it. */
function deafened(link: SimLink): Link {
  return wrapLink(link, {
    receive: async (untilMs) => {
      const bytes = await link.receive(untilMs);
      return Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll('\xa5\x96\x3c\x5a', ''), 'latin1');
    },
  });
}

test('a start whose word is lost is known by what the program says', async () => {
  expect((await runOn(deafened(await openBoard('rtt=20ms')), [helloSegment(AXI)], EXPECT)).details.application).toMatchObject({ isHeard: true });
});

test('a start whose word is lost is no start that is known, when nobody knows what the program says', async () => {
  const link = deafened(await openBoard('rtt=20ms&tolerate=all'));
  await expect(runOn(link, [helloSegment(AXI)])).rejects.toMatchObject({ kind: 'stub', message: expect.stringContaining('nobody said') as string, hint: expect.stringContaining('It may run') as string });
});

test('a program that does not say what it should is started all the same, and the exit code is that of --expect', async () => {
  const link = await openBoard('rtt=20ms');
  await expect(runOn(link, [helloSegment(AXI)], { expect: { text: 'bye', withinMs: 500 } })).rejects.toMatchObject({
    kind: 'expect', message: expect.stringContaining('the program was started, but did not say “bye”') as string, hint: expect.stringContaining(GREETING) as string,
  });
});
