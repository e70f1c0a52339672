import { expect, test } from 'vitest';
import { translateOnce } from '../../../host/board/cpu/translate/known-blocks.js';
import { BX_LR, adds } from './thumb.js';

const START = 0x2400_0000;

function codeAt(start: number, halfwords: readonly number[]) {
  return (address: number): number | undefined => halfwords[(address - start) / 2];
}

test('the same code at the same address is translated once', () => {
  const first = translateOnce(START, codeAt(START, [adds(0, 1), adds(0, 2), BX_LR]));
  expect(translateOnce(START, codeAt(START, [adds(0, 1), adds(0, 2), BX_LR]))).toBe(first);
});

test('code that differs in a halfword, lies elsewhere or ends earlier is another block; each is kept', () => {
  const variants = [
    translateOnce(START, codeAt(START, [adds(0, 1), adds(0, 2), BX_LR])),
    translateOnce(START, codeAt(START, [adds(0, 1), adds(0, 3), BX_LR])),
    translateOnce(START, codeAt(START, [adds(0, 1), adds(0, 2)])),
    translateOnce(START + 16, codeAt(START + 16, [adds(0, 1), adds(0, 2), BX_LR])),
  ];
  expect(new Set(variants).size).toBe(4);
  expect(translateOnce(START, codeAt(START, [adds(0, 1), adds(0, 3), BX_LR]))).toBe(variants[1]);
});

test('what cannot be fetched is no block, until it can be', () => {
  expect(translateOnce(START + 64, () => undefined)).toBeUndefined();
  expect(translateOnce(START + 64, codeAt(START + 64, [BX_LR]))).toBeDefined();
});

test('more blocks than are kept do no harm', () => {
  for (let block = 0; block < 9000; block++) expect(translateOnce(START + 2 * block, codeAt(START + 2 * block, [adds(0, block & 0xff), BX_LR]))?.end).toBe(START + 2 * block + 4);
});
