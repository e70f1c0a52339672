/** info, verify, erase: whole commands on virtual boards whose flash lies in a file. The file is the judge of what was changed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { erase } from '../../host/erase.js';
import type { EraseOptions } from '../../host/flash-options.js';
import { info } from '../../host/info.js';
import { restJournal } from '../../host/session/rest-journal.js';
import { verify } from '../../host/verify.js';
import { hexLines, END_RECORD } from '../image/hex-writer.js';
import { firstDifference, garbage } from './virtual-board.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-visits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const flashFile = join(folder, 'flash.bin');
const imagePath = join(folder, 'fw.bin');
const events = (): void => undefined;
const SECTOR = 0x2_0000;
const KIB = 1024;

/** A board whose flash holds these bytes, in the order of its banks. */
function boardWith(content: Uint8Array, chip = 'STM32H743xG', more = ''): string {
  writeFileSync(flashFile, content);
  return `sim:?chip=${chip}&rtt=50ms&flash-file=${flashFile}${more}`;
}
const flashNow = (): Uint8Array => new Uint8Array(readFileSync(flashFile));

/** 1 MiB of somebody's data, sectors 2 and 7 blank. */
function mixed(): Uint8Array {
  const content = garbage(8 * SECTOR, 5);
  for (const sector of [2, 7]) content.fill(0xff, sector * SECTOR, (sector + 1) * SECTOR);
  return content;
}

describe('info', () => {
  test('tells what the board is, digest by digest, and changes nothing', async () => {
    const content = mixed();
    const { outcome, text, details } = await info({ to: boardWith(content), events });
    expect(outcome).toBe('inspected');
    expect(details).toMatchObject({
      flash: 'untouched',
      info: {
        part: 'STM32H743xG', revision: 'V', revisionId: 0x2003, romVersion: 0x92, rdpLevel: 0, whileBoot0Low: 0x0800_0000, whileBoot0High: 0x1ff0_0000,
        startsWatchdogByHardware: false, swapsBanks: false, flashSizeKiB: 1024, flashWordBytes: 32,
      },
    });
    expect(details.info.sectors.map(({ digest }) => digest)).toEqual(Array.from({ length: 8 }, (_, sector) => crc32(content.subarray(sector * SECTOR, (sector + 1) * SECTOR))));
    expect(details.info.sectors.filter(({ isBlank }) => isBlank).map(({ address, bank }) => ({ address, bank }))).toEqual([{ address: 0x0804_0000, bank: 1 }, { address: 0x0816_0000, bank: 2 }]);
    expect(text).toContain('2 of 8 sectors: 0x08040000-0x0805FFFF, 0x08160000-0x0817FFFF');
    expect(text).toContain('the ROM bootloader while it is high');
    expect(text).toMatch(/in its ROM bootloader again/);
    expect(firstDifference(flashNow(), content)).toBeUndefined();
  });

  test.each([
    ['STM32H743xI', '0x90', '', /Go is not acknowledged.*bank 2 is acknowledged before/],
    ['STM32H723xG', '0x92', '', /loses its first 32 bytes.*TCM_AXI_SHARED/],
    ['STM32H7A3xI', '0x91', '', /0x91, no bugs known/],
    ['STM32H7B0xB', '0x92', '&iwdg=hardware', /watchdog +started by hardware/],
    ['STM32H750xB', '0x92', '&boot-add0=0x1FF0', /boots from +the ROM bootloader while BOOT0 is low/],
  ])('of %s with bootloader %s%s', async (chip, bootloader, more, says) => {
    expect((await info({ to: `sim:?chip=${chip}&bootloader=${bootloader}${more}`, events })).text).toMatch(says);
  });

  test('brings the board into its bootloader first and out of it in the end, as a job does', async () => {
    const diary = join(folder, 'diary');
    await info({ to: 'sim:', enter: { command: `echo in >> "${diary}"` }, leave: { command: `echo out >> "${diary}"` }, events });
    expect(readFileSync(diary, 'utf8')).toBe('in\nout\n');
  });

  test('of a part that --chip names instead of the first with its id', async () => {
    const { details } = await info({ to: 'sim:', chip: 'stm32h753xi', events });
    expect(details.info.part).toBe('STM32H753xI');
    expect(details.info.couldBe).toContain('STM32H743xI');
  });
});

describe('verify', () => {
  const image = garbage(SECTOR + 5000, 5);
  beforeEach(() => writeFileSync(imagePath, image));

  test('proves an image that is there, whatever else the sectors hold, and changes nothing', async () => {
    const content = mixed();
    const { outcome, text, details } = await verify({ to: boardWith(content), imagePath, events });
    expect(outcome).toBe('verified');
    expect(text).toContain(`holds the ${image.length} bytes of fw.bin`);
    expect(details.flash).toBe('proven');
    expect(firstDifference(flashNow(), content)).toBeUndefined();
  });

  test.each([
    ['in the first sector', [17], /: the sector at 0x08000000 differs/],
    ['in its last byte', [SECTOR + 4999], /: the sector at 0x08020000 differs/],
    ['in both sectors', [0, SECTOR], /: the sectors at 0x08000000, 0x08020000 differ$/],
  ] as const)('one byte %s is a difference', async (_, offsets, says) => {
    const content = mixed();
    for (const at of offsets) content[at]! ^= 0x10;
    await expect(verify({ to: boardWith(content), imagePath, events })).rejects.toMatchObject({ kind: 'verify', exitCode: 9, message: expect.stringMatching(says) as string });
    expect(firstDifference(flashNow(), content)).toBeUndefined();
  });

  test('looks at the bytes of the image and at no others', async () => {
    const content = mixed();
    content[SECTOR + 5000]! ^= 1;
    await expect(verify({ to: boardWith(content), imagePath, events })).resolves.toMatchObject({ outcome: 'verified' });
  });

  test('takes images of odd pieces at odd addresses', async () => {
    const content = mixed();
    const path = join(folder, 'odd.hex');
    writeFileSync(path, `${[...hexLines(0x0800_0003, content.slice(3, 8)), ...hexLines(0x0801_fffe, content.slice(0x1_fffe, 0x2_0003)), END_RECORD].join('\n')}\n`);
    await expect(verify({ to: boardWith(content), imagePath: path, events })).resolves.toMatchObject({ outcome: 'verified' });
    content[0x2_0001]! ^= 1;
    await expect(verify({ to: boardWith(content), imagePath: path, events })).rejects.toThrow(/0x08020000 differs/);
  });

  test('compares the 256 sectors of a part with small ones', async () => {
    const whole = garbage(2048 * KIB, 3);
    writeFileSync(imagePath, whole);
    await expect(verify({ to: boardWith(whole, 'STM32H7A3xI', '&baud=921600'), imagePath, events })).resolves.toMatchObject({ outcome: 'verified' });
  });

  test('refuses an image that cannot be in this flash', async () => {
    await expect(verify({ to: boardWith(mixed()), imagePath, address: 0x0807_0000, events })).rejects.toMatchObject({ kind: 'refused', exitCode: 4 });
  });

  test('says a flash word that cannot be read is a difference', async () => {
    const content = mixed();
    writeFileSync(flashFile, content);
    const to = boardWith(content, 'STM32H743xG', '&fault=power-cut@flash-op=1:middle');
    await expect(erase({ to, ranges: [{ address: 0x0802_0000, lengthBytes: 1 }], consent: () => Promise.resolve(true), events })).rejects.toMatchObject({ kind: 'link' });
    await expect(verify({ to: boardWith(flashNow()), imagePath, events })).rejects.toMatchObject({ kind: 'verify', message: expect.stringContaining('0x08020000') as string });
    rmSync(`${flashFile}.damage`);
  });
});

describe('erase', () => {
  const yes = (): Promise<boolean> => Promise.resolve(true);
  const run = (options: Partial<EraseOptions> & { readonly to: string }) => erase({ ranges: undefined, consent: yes, events, ...options });
  const sectorsErased = (content: Uint8Array, numbers: readonly number[]): Uint8Array => {
    const after = content.slice();
    for (const number of numbers) after.fill(0xff, number * SECTOR, (number + 1) * SECTOR);
    return after;
  };

  test.each([
    ['the sector of an address', [{ address: 0x0802_1234, lengthBytes: 1 }], [1]],
    ['a range over two sectors', [{ address: 0x0801_ffff, lengthBytes: 2 }], [0, 1]],
    ['sectors of both banks, named twice', [{ address: 0x0816_0000, lengthBytes: 1 }, { address: 0x0806_0000, lengthBytes: SECTOR }, { address: 0x0806_0000, lengthBytes: 1 }], [3, 7]],
    ['all of the flash', undefined, [0, 1, 2, 3, 4, 5, 6, 7]],
  ] as const)('%s, and nothing else', async (_, ranges, erased) => {
    const content = mixed();
    const { outcome, text, details } = await run({ to: boardWith(content), ranges });
    expect(outcome).toBe('erased');
    expect(text).toMatch(erased.length === 1 ? /^1 sector is erased/ : new RegExp(`^${erased.length} sectors are erased`));
    expect(details.flash).toBe('proven');
    expect(firstDifference(flashNow(), sectorsErased(content, erased))).toBeUndefined();
  });

  test('what an earlier job has kept of these sectors is forgotten, of a virtual board that is remembered, too', async () => {
    const to = boardWith(mixed());
    const { device } = (await info({ to, events })).details;
    const kept = (sector: number) => ({ sector, beside: [], kept: [], firstErased: 0, notUnderWay: [], savedAt: '', seenBy: '' });
    restJournal().save(device!.uid!, [kept(1), kept(2)]);
    await run({ to, ranges: [{ address: 0x0802_0000, lengthBytes: 1 }] });
    expect(restJournal().load(device!.uid!).map(({ sector }) => sector)).toEqual([2]);
  });

  test('all 256 sectors of a part with small ones', async () => {
    await run({ to: boardWith(garbage(2048 * KIB, 3), 'STM32H7A3xI') });
    expect(firstDifference(flashNow(), new Uint8Array(2048 * KIB).fill(0xff))).toBeUndefined();
  });

  test.each([
    ['without anybody to ask', { consent: undefined }, /nobody has agreed/],
    ['when the answer is no', { consent: () => Promise.resolve(false) }, /nothing was done/],
    ['a range in the hole of the part', { ranges: [{ address: 0x0808_0000, lengthBytes: 1 }] }, /no flash at 0x08080000/],
    ['a range that reaches out of flash', { ranges: [{ address: 0x0816_0000, lengthBytes: 0x4_0000 }] }, /no flash at 0x08180000/],
    ['a part that is not what --chip says', { chip: 'STM32H723xG' }, /--chip says/],
  ] as const)('refuses %s, with nothing erased', async (_, options, says) => {
    const content = mixed();
    await expect(run({ to: boardWith(content), ...options })).rejects.toMatchObject({ kind: 'refused', exitCode: 4, message: expect.stringMatching(says) as string });
    expect(firstDifference(flashNow(), content)).toBeUndefined();
  });

  test('asks with the sectors and the board in the question', async () => {
    const asked: string[] = [];
    await run({ to: boardWith(mixed()), ranges: [{ address: 0x0802_0000, lengthBytes: 1 }], consent: (question) => { asked.push(question); return yes(); } });
    expect(asked).toEqual([expect.stringMatching(/^Erase 0x08020000-0x0803FFFF on the board [0-9a-f]{24}\?$/)]);
  });
});
