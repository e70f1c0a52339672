/** Faults of the board: its power and its reset, at the worst moments. */
import type { Fault } from '../faults.js';
import { parseCount, parseDurationMs } from '../option-parsers.js';
import { msToTicks } from '../time.js';

const OFF_MS = 1000;

export const boardFaults: Readonly<Record<string, Fault>> = {
  'power-cut': {
    help: 'the power fails for a second at a random moment of the Nth flash operation',
    argument: { form: 'N', default: '1' },
    install: ({ world: { board }, scheduler, random }, argument) => {
      let left = parseCount(argument);
      board.chip.flash.onOperation = ({ startTick, endTick }) => {
        if (--left !== 0) return;
        // The board must not run past that moment in the slice that is just running.
        board.chip.cpu.yieldSoon();
        const cutTick = startTick + random.fraction() * (endTick - startTick);
        scheduler.at(cutTick, () => board.powerOff());
        scheduler.at(cutTick + msToTicks(OFF_MS), () => board.powerOn());
      };
    },
  },
  'board-reset': {
    help: 'somebody presses the reset button',
    argument: { form: 'TIME after the start', default: '10s' },
    install: ({ world: { board }, scheduler }, argument) => {
      scheduler.at(msToTicks(parseDurationMs(argument)), () => board.pressReset());
    },
  },
};
