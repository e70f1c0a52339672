/** What happens to a virtual board → one line for people. */
import type { BoardEvent } from '../board/board.js';
import { ticksToMs } from '../board/time.js';
import { hex32 } from '../errors.js';

const CAUSES = { power: 'power on', pin: 'reset pin', software: 'software reset', iwdg: 'watchdog reset' } as const;

export function describeBoardEvent(event: BoardEvent): string {
  return `${(ticksToMs(event.tick) / 1000).toFixed(3)} s: ${describe(event)}`;
}

function describe(event: BoardEvent): string {
  switch (event.kind) {
    case 'rom':
      return `${CAUSES[event.cause]}: the ROM bootloader waits for 0x7F`;
    case 'application':
      return `${CAUSES[event.cause]}: the application starts at ${hex32(event.entry)}`;
    case 'go':
      return `the ROM jumps to ${hex32(event.entry)}`;
    case 'lockup':
      return `the core has locked up at ${hex32(event.pc)}`;
    case 'watchdog':
      return `no edge on ${event.pin}: the watchdog beside the chip pulls NRST`;
    case 'off':
      return 'power off';
  }
}
