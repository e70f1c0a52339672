/**
 * The ROM and a watchdog that the option byte has started: it cannot stop it, so it slows it down as far as it goes and feeds it
 * (AN2606 §4.1). What it leaves to the program that Go starts is half a minute.
 */
import { FLASH_BASE } from '../chip/flash-controller.js';
import { FLASH_SHARED_OFFSETS } from '../chip/flash-registers.js';
import { IWDG_KEY, IWDG_OFFSETS } from '../chip/iwdg.js';
import { FLASH_OPTSR } from '../chip/option-bytes.js';
import { BASES } from '../chip/peripheral-map.js';
import { fieldOf } from '../chip/register-access.js';
import type { Tick } from '../time.js';
import { TICKS_PER_SECOND } from '../time.js';
import type { RomChip } from './rom-memory.js';

/** IWDG_PR: the LSI divided by 256 (RM0433, IWDG_PR). */
const SLOWEST = 6;
/** How often is not documented; anything well below 32 s is the same to the world. */
const FEEDING_TICKS = TICKS_PER_SECOND;

export class RomWatchdog {
  /** The ROM must not run past it without feeding; Infinity where the watchdog sleeps. */
  nextFeedTick: Tick = Infinity;
  readonly #chip: RomChip;

  constructor(chip: RomChip) {
    this.#chip = chip;
  }

  /** At the start of the ROM, and again before a jump. */
  slowDown(tick: Tick): void {
    const isStarted = fieldOf(this.#chip.read(FLASH_BASE + FLASH_SHARED_OFFSETS.OPTSR_CUR, 4, tick), FLASH_OPTSR.IWDG1_SW) === 0;
    this.nextFeedTick = Infinity;
    if (!isStarted) return;
    this.#write(IWDG_OFFSETS.KR, IWDG_KEY.unlock, tick);
    this.#write(IWDG_OFFSETS.PR, SLOWEST, tick);
    this.feed(tick);
  }

  feed(tick: Tick): void {
    this.#write(IWDG_OFFSETS.KR, IWDG_KEY.refresh, tick);
    this.nextFeedTick = tick + FEEDING_TICKS;
  }

  #write(offset: number, value: number, tick: Tick): void {
    this.#chip.write(BASES.IWDG1 + offset, 4, value, tick);
  }
}
