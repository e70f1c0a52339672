/** Faults of the connection: torn down, closed, silent, locked. */
import type { Ending } from '../connection.js';
import type { Fault } from '../faults.js';
import { parseCount, parseDurationMs } from '../option-parsers.js';
import { msToTicks } from '../time.js';

/** The connection ends when the converter has received so many bytes from all its clients together; once. */
function endsAfter(help: string, ending: Ending): Fault {
  return {
    help,
    argument: { form: 'BYTES from the host', default: '4096' },
    install: ({ world }, argument) => {
      let left = parseCount(argument);
      world.converter.toLineFilters.unshift((bytes, tick) => {
        const passed = bytes.subarray(0, Math.max(0, left));
        const isNow = left > 0 && bytes.length >= left;
        const isOver = left <= 0;
        left -= bytes.length;
        if (isNow) world.endConnection(ending, tick);
        return isOver ? bytes : passed;
      });
    },
  };
}

export const connectionFaults: Readonly<Record<string, Fault>> = {
  reset: endsAfter('the connection is reset', 'reset'),
  close: endsAfter('the converter closes the connection', 'finished'),
  silence: endsAfter('nothing passes any more and nobody is told', 'silent'),
  ghost: {
    help: 'after a connection broke, the converter takes no new client for a while',
    argument: { form: 'DURATION', default: '7min' },
    install: ({ world }, argument) => {
      const lengthMs = parseDurationMs(argument);
      world.onBroken.push((tick) => {
        world.lockedUntilTick = tick + msToTicks(lengthMs);
      });
    },
  },
  'idle-close': {
    help: 'the converter closes a connection when the board has been silent for a while',
    argument: { form: 'DURATION', default: '3s' },
    install: ({ world, scheduler }, argument) => {
      const limitTicks = msToTicks(parseDurationMs(argument));
      let cancel: () => void = () => undefined;
      const rearm = (tick: number): void => {
        cancel();
        cancel = scheduler.at(tick + limitTicks, (now) => world.endConnection('finished', now));
      };
      world.onConnected.push((_, tick) => rearm(tick));
      world.converter.toNetworkFilters.push((bytes, tick) => {
        rearm(tick);
        return bytes;
      });
    },
  },
};
