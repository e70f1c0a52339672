/** When a job is cut there is no application for a while: is there another way back into the ROM bootloader? The option bytes tell. Pure. */
import { bootAddresses, isBootloader, type OptionRegisters } from '../device/option-bytes.js';

export interface WayBack {
  /** False: only an application that jumps there leads into the ROM bootloader, and a cut takes it away. */
  readonly isCertain: boolean;
  /** What a cut would mean, in one or two sentences. */
  readonly text: string;
}

/**
 * The level of BOOT0 cannot be read. Where one level boots the ROM, the board is reachable by that pin; who asks the application to jump
 * there shows that nobody is at the pin.
 * @param isApplicationAsked it was told to enter the bootloader, by nothing but bytes on the line
 */
export function wayBack(registers: OptionRegisters, isApplicationAsked: boolean): WayBack {
  const { whileBoot0Low, whileBoot0High } = bootAddresses(registers);
  const [low, high] = [isBootloader(whileBoot0Low), isBootloader(whileBoot0High)];
  if (low && high) return { isCertain: true, text: 'If the job is cut, a reset leads into the ROM bootloader.' };
  if (high && isApplicationAsked) {
    return { isCertain: false, text: 'The application is what leads into the ROM bootloader here. If the job is cut, somebody must pull BOOT0 high to reach this board again.' };
  }
  if (low || high) {
    const [there, elsewhere] = low ? ['low', 'high'] : ['high', 'low'];
    return { isCertain: true, text: `If the job is cut, a reset with BOOT0 ${there} leads into the ROM bootloader; with BOOT0 ${elsewhere} nothing starts until the job is run again.` };
  }
  return {
    isCertain: false,
    text: 'No level of BOOT0 leads into the ROM bootloader (neither BOOT_ADD0 nor BOOT_ADD1 names it): the application is the only way there. If the job is cut, only a debug probe reaches this board.',
  };
}
