import { describe, expect, test } from 'vitest';
import { placeLoader } from '../../host/loader/place-loader.js';

const ADDRESS = 0x2000_4100;
const image = Uint8Array.from({ length: 500 }, (_, index) => index * 7);

/** RAM behind a ROM bootloader. `damages`: of each Write Memory, whether two bits turn over that its XOR byte does not see. */
function bootloader({ hasDamaged, damages, losesAfterRead = false }: { hasDamaged: boolean; damages: (write: number) => boolean; losesAfterRead?: boolean }) {
  const ram = new Uint8Array(0x400);
  const obeyed: string[] = [];
  let writes = 0;
  let hasRead = false;
  return {
    ram: (length: number) => ram.slice(0, length), obeyed, hasDamaged,
    writeRam: async (to: number, bytes: Uint8Array) => {
      obeyed.push(`write ${to - ADDRESS} ${bytes.length}`);
      const taken = bytes.slice();
      if (damages(writes++)) [3, 17].forEach((at) => { taken[at]! ^= 4; });
      const lost = losesAfterRead && hasRead ? 32 : 0;
      ram.set(taken.subarray(lost), to - ADDRESS + lost);
      hasRead = false;
    },
    readMemory: async (from: number, length: number) => {
      obeyed.push(`read ${from - ADDRESS} ${length}`);
      hasRead = true;
      return ram.slice(from - ADDRESS, from - ADDRESS + length);
    },
  };
}

describe('the loader on its way into RAM', () => {
  test('is written in frames of 256 bytes, and on a clean line that is all', async () => {
    const rom = bootloader({ hasDamaged: false, damages: () => false });
    await placeLoader(rom, ADDRESS, image);
    expect(rom.obeyed).toEqual(['write 0 256', 'write 256 244']);
    expect(rom.ram(500)).toEqual(image);
  });

  test('is read again where anything has been damaged before', async () => {
    const rom = bootloader({ hasDamaged: true, damages: () => false });
    await placeLoader(rom, ADDRESS, image);
    expect(rom.obeyed).toEqual(['write 0 256', 'write 256 244', 'read 0 256', 'read 256 244']);
  });

  test.each([false, true])('is mended where it was damaged and acknowledged nevertheless (a write after a read loses 32 bytes: %s)', async (losesAfterRead) => {
    const rom = bootloader({ hasDamaged: true, damages: (write) => write === 1, losesAfterRead });
    await placeLoader(rom, ADDRESS, image);
    expect(rom.ram(500)).toEqual(image);
  });

  test('is not called where it stays different', async () => {
    await expect(placeLoader(bootloader({ hasDamaged: true, damages: () => true }), ADDRESS, image)).rejects.toMatchObject({ kind: 'bootloader', message: 'what was written to 0x20004100 reads differently, 16 times' });
  });
});
