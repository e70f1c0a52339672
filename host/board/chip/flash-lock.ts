/** The key sequence that unlocks FLASH_CR, and what a mistake in it costs (RM0399 §4.5.1): locked until the next system reset. */
import { FLASH_KEYS } from './flash-registers.js';

export type KeyOutcome = 'accepted' | 'wrong' | 'while-unlocked';

export class FlashLock {
  #state: 'locked' | 'first-key-seen' | 'unlocked' | 'locked-until-reset' = 'locked';

  get isLocked(): boolean {
    return this.#state !== 'unlocked';
  }

  /** A write to FLASH_KEYR. Anything but `accepted` answers with a bus error. */
  key(value: number, size: number): KeyOutcome {
    if (this.#state === 'unlocked') {
      this.#state = 'locked-until-reset';
      return 'while-unlocked';
    }
    const isNext = size === 4 && value >>> 0 === (this.#state === 'locked' ? FLASH_KEYS.KEY1 : FLASH_KEYS.KEY2);
    if (!isNext || this.#state === 'locked-until-reset') {
      this.#state = 'locked-until-reset';
      return 'wrong';
    }
    this.#state = this.#state === 'locked' ? 'first-key-seen' : 'unlocked';
    return 'accepted';
  }

  /** A write to another register of the bank. @returns false when it came between the keys: a bus error */
  otherWrite(): boolean {
    if (this.#state !== 'first-key-seen') return true;
    this.#state = 'locked-until-reset';
    return false;
  }

  /** FLASH_CR.LOCK was set. */
  lock(): void {
    if (this.#state === 'unlocked') this.#state = 'locked';
  }

  reset(): void {
    this.#state = 'locked';
  }

  /** As a ROM bootloader may leave it behind. */
  leaveUnlocked(): void {
    this.#state = 'unlocked';
  }
}
