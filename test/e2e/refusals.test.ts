/** What cannot be right is refused: one line that says what and where, a hint, an exit code of its own, and nothing erased. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { OptionBytes } from '../../host/board/chip/option-bytes.js';
import { StageFlashError, type ErrorKind } from '../../host/errors.js';
import type { FlashOptions } from '../../host/flash-options.js';
import { flash } from '../../host/flash.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { END_RECORD, hexLines, hexRecord, linearBase } from '../image/hex-writer.js';
import { fillFlash, firstDifference, flashedOver, flashOf, incompressible, openBoard, runJob, statistics } from './virtual-board.js';

interface Refusal {
  readonly name: string;
  readonly board: string;
  readonly prepare?: (link: SimLink) => void;
  readonly lengthBytes?: number;
  readonly address?: number;
  readonly options?: Partial<FlashOptions>;
  readonly kind: ErrorKind;
  readonly exitCode: number;
  readonly says: RegExp;
  /** Not given: the message says all there is. */
  readonly hints?: RegExp;
}

/** Option bytes can be chosen only when a chip is built, and a board is built with those that ST ships. */
function protect({ world }: SimLink, options: Partial<OptionBytes>): void {
  Object.assign(world.board.chip.optionBytes, options);
}

/** Whatever comes to the board is answered by these bytes and not passed on. */
function answerWith({ world: { converter } }: SimLink, text: string): void {
  converter.toLineFilters.push((_, tick) => {
    converter.sendPacket(new TextEncoder().encode(text), tick);
    return new Uint8Array(0);
  });
}

const REFUSALS: readonly Refusal[] = [
  { name: 'read-out protection', board: 'rdp=1', kind: 'bootloader', exitCode: 6, says: /refuses Write Memory/, hints: /Read-out protection.*erases the whole flash/ },
  { name: 'write protection of a sector that must be written', board: '', prepare: (link) => protect(link, { wpsn: [0xfe, 0xff] }), kind: 'refused', exitCode: 4, says: /write-protected: the sector at 0x08000000/, hints: /WPSN/ },
  { name: 'write protection in bank 2', board: '', prepare: (link) => protect(link, { wpsn: [0xff, 0xfd] }), address: 0x0812_0000, kind: 'refused', exitCode: 4, says: /0x08120000/, hints: /WPSN/ },
  { name: 'an area that may only be executed', board: 'pcrop=0x08000400-0x080007ff', kind: 'refused', exitCode: 4, says: /execute-only area \(PCROP\) at 0x08000400-0x080007FF lies in the sector at 0x08000000/, hints: /DMEP/ },
  { name: 'a secure area of H7B0', board: 'chip=STM32H7B0xB&secure=0x08002000-0x08002fff', lengthBytes: 10_000, kind: 'refused', exitCode: 4, says: /secure area at 0x08002000-0x08002FFF lies in the sector at 0x08002000/, hints: /DMES/ },
  { name: 'a secure area of H730', board: 'chip=STM32H730xB&secure=0x08000000-0x0800ffff', kind: 'refused', exitCode: 4, says: /secure area at 0x08000000-0x0800FFFF/, hints: /DMES/ },
  { name: 'a pin to be kicked that the line may be on', board: '', options: { kick: { pin: 'PB15', periodMs: 100 } }, kind: 'refused', exitCode: 4, says: /PB15/, hints: /PA9/ },
  { name: 'another chip than --chip says', board: '', options: { chip: 'STM32H723xG' }, kind: 'refused', exitCode: 4, says: /STM32H723xG.*0x450/, hints: /STM32H743xG/ },
  { name: 'an image in the hole of a 1 MB part', board: '', address: 0x0808_0000, kind: 'refused', exitCode: 4, says: /0x08080000/, hints: /0x08100000/ },
  { name: 'an image that runs into the hole', board: '', address: 0x0807_ff00, kind: 'refused', exitCode: 4, says: /4744 bytes at 0x08080000/, hints: /0x0807FFFF/ },
  { name: 'an image behind a flash of 512 KiB', board: 'chip=STM32H723xE', address: 0x0808_0000, kind: 'refused', exitCode: 4, says: /STM32H723xE has no flash/, hints: /0x0807FFFF/ },
  { name: 'a board whose application runs', board: '', prepare: (link) => answerWith(link, 'boot ok\r\nlogin: '), kind: 'bootloader', exitCode: 6, says: /says "boot ok login:/, hints: /BOOT0/ },
  { name: 'an echo', board: 'boot0=low&fault=echo&tolerate=all', kind: 'bootloader', exitCode: 6, says: /comes back/, hints: /echo/i },
  { name: 'silence', board: 'boot0=low&tolerate=all', kind: 'bootloader', exitCode: 6, says: /no answer/, hints: /BOOT0.*8E1|8E1.*BOOT0/ },
  { name: 'a converter set to 8N1', board: 'parity=none&tolerate=all', kind: 'bootloader', exitCode: 6, says: /sim/, hints: /8E1/ },
  { name: 'bytes that are nobody’s', board: '', prepare: (link) => answerWith(link, '\u0001\u0002\u0003'), kind: 'bootloader', exitCode: 6, says: /01 02 03/, hints: /baud/ },
  { name: 'a ROM that resets instead of jumping', board: 'chip=STM32H743xI&bootloader=0xD2', kind: 'bootloader', exitCode: 6, says: /does not answer/, hints: /direct|[Rr]eset/ },
  { name: 'a converter that takes XON and XOFF for itself', board: 'fault=xonxoff', kind: 'stub', exitCode: 7, says: /the stub does not start/, hints: /--avoid-xonxoff/ },
  { name: 'a telnet end that doubles 0xFF', board: 'fault=ff-doubled', kind: 'bootloader', exitCode: 6, says: /Write Memory/, hints: /./ },
  { name: 'a telnet end that eats 0xFF', board: 'fault=ff-stripped', kind: 'bootloader', exitCode: 6, says: /Write Memory/, hints: /telnet/ },
  { name: 'answers that are changed only where they contain 0xFF', board: 'fault=ff-doubled=network', kind: 'stub', exitCode: 7, says: /the stub does not start/, hints: /loses bytes/ },
  { name: 'a link that falls silent while the stub is sent', board: 'fault=silence=3000', kind: 'stub', exitCode: 7, says: /the stub does not start/, hints: /chunks arrived/ },
  { name: 'a board that is reset while the loader waits', board: 'fault=board-reset=1500ms', kind: 'bootloader', exitCode: 6, says: /the loader does not answer/, hints: /Reset/ },
  { name: 'a connection that is reset while the loader is written', board: 'fault=reset=300', kind: 'link', exitCode: 5, says: /reset/ },
  { name: 'a connection that is closed while the stub is sent', board: 'fault=close=3000', kind: 'link', exitCode: 5, says: /closed/ },
];

describe('refused, with nothing erased or programmed:', () => {
  test.each(REFUSALS.map((refusal) => [refusal.name, refusal] as const))('%s', async (_, { board, prepare, lengthBytes, address, options, kind, exitCode, says, hints }) => {
    const link = await openBoard(`chip=STM32H743xG&rtt=50ms&${board}`);
    const before = fillFlash(link, 9, 0x2000);
    prepare?.(link);
    const failure = await runJob(incompressible(lengthBytes ?? 5000, 1, address), link, options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StageFlashError);
    expect(failure).toMatchObject({ kind, exitCode, message: expect.stringMatching(says) as string });
    const { message, hint = '' } = failure as StageFlashError;
    expect(message).not.toContain('\n');
    if (hints !== undefined) expect(hint).toMatch(hints);
    expect(statistics(link)).toMatchObject({ erases: 0, programs: 0 });
    expect(firstDifference(flashOf(link), before)).toBeUndefined();
    expect(link.now()).toBeLessThan(60_000);
  });

  test('a second client, by the converter', async () => {
    const link = await openBoard('');
    expect(() => connectSimLink(link.world, link.options)).toThrow(expect.objectContaining({ kind: 'link', message: expect.stringContaining('client') as string }));
  });
});

test('a board that was refused an image takes the right one afterwards', async () => {
  const link = await openBoard('chip=STM32H743xG&rtt=50ms');
  const before = fillFlash(link, 9, 0x2000);
  await expect(runJob(incompressible(5000, 1, 0x0808_0000), link)).rejects.toMatchObject({ kind: 'refused' });
  await link.close();
  link.world.run(link.world.now + 64e6);
  const again = connectSimLink(link.world, link.options);
  const image = incompressible(5000);
  await runJob(image, again);
  expect(firstDifference(flashOf(again), flashedOver(before, image, again))).toBeUndefined();
});

test('a board that is reset in the middle of the stream ends the job, in time, with no vector table that could start', async () => {
  const link = await openBoard('chip=STM32H743xG&rtt=50ms&fault=board-reset=5s');
  await expect(runJob(incompressible(100_000), link)).rejects.toMatchObject({ kind: 'link', exitCode: 5, message: expect.stringMatching(/the stub is gone|has not been heard/) as string });
  expect(link.now()).toBeLessThan(150_000);
  const { flash: memory } = link.world.board.chip;
  expect(memory.stateAt(0x0800_0000)).toBe('erased');
  expect(memory.stateAt(0x0800_0020)).toBe('programmed');
});

interface ResetJob {
  readonly message: string;
  readonly hint: string;
  readonly noticedAfterMs: number;
}

/** A job on a board that is reset when so many bytes are done, with BOOT0 at this level; its application talks. */
async function resetInTheMiddle(rtt: string, boot0: 'low' | 'high', resetAtBytes: number): Promise<ResetJob> {
  const link = await openBoard(`chip=STM32H743xG&rtt=${rtt}&tolerate=all`);
  const { board, converter } = link.world;
  let resetAtMs = Infinity;
  let isTalking = false;
  const receive = link.receive.bind(link);
  link.receive = (deadlineMs) => {
    // What the stub had said before the reset has left the converter by then.
    if (boot0 === 'low' && !isTalking && link.now() > resetAtMs + 200) {
      isTalking = true;
      converter.sendPacket(new TextEncoder().encode('boot ok\r\nlogin: '), link.world.now);
    }
    return receive(deadlineMs);
  };
  const error: unknown = await runJob(incompressible(100_000), link, {
    events: (event) => {
      if (event.type !== 'progress' || event.done < resetAtBytes || resetAtMs < Infinity) return;
      board.boot0 = boot0;
      board.pressReset();
      resetAtMs = link.now();
    },
  }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ kind: 'link', exitCode: 5 });
  const { message, hint = '' } = error as StageFlashError;
  return { message, hint, noticedAfterMs: link.now() - resetAtMs };
}

describe('a board that is reset in the middle of the stream is noticed early, where the line tells', () => {
  test.each([['50ms', 6000], ['2s', 20_000]] as const)('its application talks, at %s within %i ms', async (rtt, withinMs) => {
    const { message, hint, noticedAfterMs } = await resetInTheMiddle(rtt, 'low', 25_000);
    // Before the first word may stand what the reset left of the stub's last frame.
    expect(message).toMatch(/something else talks: “.*boot ok login:”/);
    expect(hint).toContain('was reset');
    expect(noticedAfterMs).toBeLessThan(withinMs);
  });

  test('its ROM bootloader refuses what comes, unless it does so at a rate at which every refusal looks like an idle line', async () => {
    const jobs = [];
    for (let resetAtBytes = 40_000; resetAtBytes <= 70_000; resetAtBytes += 5000) jobs.push(await resetInTheMiddle('50ms', 'high', resetAtBytes));
    const early = jobs.filter(({ message }) => message.includes('a ROM bootloader refuses'));
    expect(early).not.toHaveLength(0);
    for (const { hint, noticedAfterMs } of early) {
      expect(hint).toContain('was reset');
      expect(noticedAfterMs).toBeLessThan(6000);
    }
  });
});

test('an echo is not taken for the voice of a program after the reset', async () => {
  const { report } = await runJob(incompressible(5000), await openBoard('chip=STM32H743xG&rtt=50ms&fault=echo'));
  expect(report.outcome).toBe('flashed');
  expect(report.text).toContain('in its ROM bootloader again');
});

test('--dry-run changes nothing and says what would happen', async () => {
  const link = await openBoard('chip=STM32H743xG&rtt=50ms');
  const before = fillFlash(link, 9, 0x2000);
  const { report } = await runJob(incompressible(5000), link, { dryRun: true });
  expect(report.outcome).toBe('planned');
  expect(report.text).toContain('0x08000000  erase, write');
  expect(statistics(link)).toMatchObject({ erases: 0, programs: 0 });
  expect(firstDifference(flashOf(link), before)).toBeUndefined();
});

describe('files that are no image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stage-flash-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const hex = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;
  const good = hexLines(0x0800_0000, new Uint8Array(64).fill(1));

  test.each([
    ['empty.bin', '', 'image', /empty\.bin holds no bytes/],
    ['broken.hex', hex(linearBase(0x0800_0000), hexRecord(0, 0, [1, 2, 3]), ':0300030001020CF8', END_RECORD), 'image', /line 3/],
    ['cut-off.hex', hex(...good), 'image', /./],
    ['outside.hex', hex(...hexLines(0x9000_0000, Uint8Array.of(1)), END_RECORD), 'image', /0x90000000/],
    ['large.bin', Buffer.alloc(0x20_0001, 1), 'image', /2 MiB|0x08200000/],
    ['program.elf', '\x7fELF\x01\x01\x01', 'image', /ELF/],
  ] as const)('%s', async (name, content, kind, says) => {
    writeFileSync(join(folder, name), content, 'latin1');
    const events: string[] = [];
    const job = flash({ imagePath: join(folder, name), to: 'sim:', events: ({ type }) => events.push(type) });
    await expect(job).rejects.toMatchObject({ name: 'StageFlashError', kind, message: expect.stringMatching(says) as string });
    expect(events.filter((type) => type === 'phase')).toHaveLength(1);
  });

  test('a file that is not there', async () => {
    await expect(flash({ imagePath: join(folder, 'nothing.bin'), to: 'sim:', events: () => {} })).rejects.toMatchObject({ kind: 'image', exitCode: 3, message: expect.stringContaining('does not exist') as string });
  });

  test('--address for a file that says itself where it belongs', async () => {
    writeFileSync(join(folder, 'good.hex'), hex(...good, END_RECORD));
    await expect(flash({ imagePath: join(folder, 'good.hex'), to: 'sim:', address: 0x0800_0000, events: () => {} })).rejects.toMatchObject({ kind: 'usage', exitCode: 2 });
  });

  test('nor is a job that was interrupted half-way a success', async () => {
    writeFileSync(join(folder, 'long.bin'), Buffer.alloc(60_000, 1));
    const controller = new AbortController();
    const job = flash({
      imagePath: join(folder, 'long.bin'), to: 'sim:?chip=STM32H743xG', signal: controller.signal,
      events: (event) => { if (event.type === 'progress' && event.done > 20_000) controller.abort(); },
    });
    await expect(job).rejects.toMatchObject({ kind: 'interrupted', exitCode: 130, hint: expect.stringContaining('same command') as string });
  });
});
