/** Faults of the board: its power and its reset, at the worst moments. */
import { BARELY_BEGUN, NEARLY_DONE } from '../chip/flash-damage.js';
import type { Fault } from '../faults.js';
import { oneOf, parseCount, parseDurationMs } from '../option-parsers.js';
import { msToTicks } from '../time.js';

const OFF_MS = 1000;
/** Where in an operation the supply fails, as fractions of its duration; what is left behind follows from it (flash-damage.ts). */
const MOMENTS = { before: [0, BARELY_BEGUN], middle: [BARELY_BEGUN, NEARLY_DONE], late: [NEARLY_DONE, 1], any: [0, 1] } as const;

export const boardFaults: Readonly<Record<string, Fault>> = {
  'power-cut@flash-op': {
    help: 'the power fails for a second in the Nth program or erase, at a random moment or at the one that is named',
    argument: { form: 'N[:before|middle|late]', default: '1' },
    install: ({ world: { board }, scheduler, random }, argument) => {
      const [count = '', moment = 'any'] = argument.split(':');
      let left = parseCount(count);
      const [from, to] = MOMENTS[oneOf('before', 'middle', 'late', 'any')(moment)];
      const { flash, cpu } = board.chip;
      const { onOperation } = flash;
      flash.onOperation = (operation) => {
        onOperation?.(operation);
        if (--left !== 0) return;
        // The board must not run past that moment in the slice that is just running.
        cpu.yieldSoon();
        const { startTick, endTick } = operation;
        const cutTick = startTick + (from + random.fraction() * (to - from)) * (endTick - startTick);
        flash.supplyEndsAtTick = cutTick;
        scheduler.at(cutTick, () => board.powerOff());
        scheduler.at(cutTick + msToTicks(OFF_MS), () => board.powerOn());
      };
    },
  },
  'double-nack': {
    help: 'under read-out protection (rdp=1) the ROM refuses Read, Write and Go with two NACKs',
    install: ({ world: { board } }) => {
      board.rom.refusesTwice = true;
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
