import { describe, expect, test } from 'vitest';
import type { MessageValues } from '../../host/protocol/messages.js';
import { STATUS } from '../../host/protocol/wire.js';
import { describeFlashStatus, faultError, progressError } from '../../host/session/stub-error.js';

const report = (name: keyof typeof STATUS, detail: number, flashStatus = 0): MessageValues<'progress'> => ({
  executed: 0, poll: 0, status: STATUS[name].id, detail, flashStatus, lineBytes: 0, discardedBytes: 0, lineErrors: 0, erased: 0, busy: 0, programmed: 0, map: new Uint8Array(0),
});

describe('FLASH_SR in words', () => {
  // RM0433 §4.9.5
  test.each([
    [0, 'no flag set'],
    [1 << 0, 'BSY'],
    [1 << 17, 'WRPERR'],
    [(1 << 18) | (1 << 17), 'WRPERR PGSERR'],
    [(1 << 19) | (1 << 21) | (1 << 22), 'STRBERR INCERR OPERR'],
    [(1 << 25) | (1 << 26), 'SNECCERR DBECCERR'],
  ])('0x%i', (sr, words) => {
    expect(describeFlashStatus(sr)).toBe(words);
  });
});

describe('a stub that stopped', () => {
  test('says where, why, and what the flash controller said', () => {
    const error = progressError(report('programFailed', 0x0802_0040, 1 << 17));
    expect(error).toMatchObject({ kind: 'flash', exitCode: 8 });
    expect(error.message).toBe('the stub stopped at 0x08020040: FLASH_SR error after programming (FLASH_SR 0x00020000: WRPERR)');
    expect(error.hint).toContain('write-protected');
  });

  test('over a wrong digest is a failed proof, not a failed write', () => {
    expect(progressError(report('digestWrong', 0x0810_0000))).toMatchObject({ kind: 'verify', exitCode: 9, message: expect.stringContaining('0x08100000') as string });
  });

  test.each((Object.keys(STATUS) as (keyof typeof STATUS)[]).filter((name) => name !== 'ok'))('for %s says what to try', (name) => {
    expect(progressError(report(name, 0x0800_0000)).hint).toMatch(/\S.{15,}/);
  });

  test('for a reason that this host does not know is an error still', () => {
    expect(progressError({ ...report('ok', 0), status: 99 })).toMatchObject({ kind: 'flash', message: expect.stringContaining('unknown status') as string });
  });
});

test('a processor fault is told with the numbers that a report of it needs', () => {
  const error = faultError({ pc: 0x2000_4abc, cfsr: 0x8200, hfsr: 0x4000_0000, address: 0x0808_0000 });
  expect(error.kind).toBe('stub');
  expect(error.message).toBe('the stub ran into a processor fault at 0x20004ABC (CFSR 0x00008200, HFSR 0x40000000, address 0x08080000) and reset the chip');
});
