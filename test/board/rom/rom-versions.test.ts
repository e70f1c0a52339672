import { describe, expect, it } from 'vitest';
import { currentRomVersion, ROM_VERSIONS } from '../../../host/board/rom/rom-versions.js';
import { H7_PARTS } from '../../../host/device/h7-parts.js';

describe('ROM versions', () => {
  it('take data everywhere where the host believes that every version does', () => {
    for (const part of H7_PARTS) {
      for (const { ramWindows, bootloaderId } of ROM_VERSIONS.filter(({ family }) => family === part.family)) {
        for (const window of part.bootloaderRam) {
          const isInside = ramWindows.some(({ first, last }) => window.first >= first && window.last <= last);
          expect(isInside, `${part.name} with ROM 0x${bootloaderId.toString(16)} at 0x${window.first.toString(16)}`).toBe(true);
        }
      }
    }
  });

  it('are one row per family and bootloader ID', () => {
    const keys = ROM_VERSIONS.map(({ family, bootloaderId }) => `${family} ${bootloaderId}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each([['H74x', 0x92], ['H72x', 0x93], ['H7Ax', 0x92]] as const)('ship %s with 0x%s today', (family, bootloaderId) => {
    expect(currentRomVersion(family).bootloaderId).toBe(bootloaderId);
  });
});
