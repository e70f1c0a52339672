import { expect, test } from 'vitest';
import { cutAtMultiples } from '../../host/protocol/ranges.js';

test('a range is cut at every multiple, and nowhere else', () => {
  expect(cutAtMultiples({ address: 250, length: 520 }, 256)).toEqual([{ address: 250, length: 6 }, { address: 256, length: 256 }, { address: 512, length: 256 }, { address: 768, length: 2 }]);
  expect(cutAtMultiples({ address: 256, length: 256 }, 256)).toEqual([{ address: 256, length: 256 }]);
  expect(cutAtMultiples({ address: 300, length: 5 }, 256)).toEqual([{ address: 300, length: 5 }]);
  expect(cutAtMultiples({ address: 300, length: 0 }, 256)).toEqual([]);
});
