import { describe, expect, test } from 'vitest';
import { findForbidden } from '../../host/protocol/forbidden-bytes.js';

describe('forbidden on the wire', () => {
  test.each([
    ['the pattern that reconfigures converters', [1, 0x55, 0xaa, 0x55, 0x01, 0xc2, 0x00, 0x03, 0xc6], '55 AA 55'],
    ['Erase', [0x43, 0xbc], 'Erase'],
    ['Extended Erase', [0x44, 0xbb], 'Extended Erase'],
    ['Write Protect', [0x63, 0x9c], 'Write Protect'],
    ['Write Unprotect', [0x73, 0x8c], 'Write Unprotect'],
    ['Readout Protect', [0x82, 0x7d], 'Readout Protect'],
    ['Readout Unprotect', [0, 0, 0x92, 0x6d], 'Readout Unprotect'],
  ])('is %s, and the message says so', (_, bytes, name) => {
    expect(findForbidden(Uint8Array.from(bytes))).toContain(name);
  });

  test.each([
    ['the pattern with a wrong checksum', [0x55, 0xaa, 0x55, 0x01, 0xc2, 0x00, 0x03, 0xc7]],
    ['the beginning of the pattern', [0x55, 0xaa, 0x55, 0x01, 0xc2, 0x00, 0x03]],
    ['a command without its complement', [0x92, 0x6c]],
    ['a command at the very end', [0x00, 0x92]],
    ['harmless commands', [0x02, 0xfd, 0x31, 0xce, 0x21, 0xde]],
  ])('is not %s', (_, bytes) => {
    expect(findForbidden(Uint8Array.from(bytes))).toBeUndefined();
  });
});
