/** Faults of the connection: torn down, closed, silent, locked. */
import type { Ending } from '../connection.js';
import type { Fault, FaultSite } from '../faults.js';
import { parseCount, parseDurationMs } from '../option-parsers.js';
import type { Tick } from '../time.js';
import { msToTicks } from '../time.js';

const REBOOT_MS = 10_000;

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

/** Something happens when the board, or both ends, have been silent for a while. */
function idle(silent: 'the board' | 'everybody', help: string, defaultDuration: string, act: (site: FaultSite, tick: Tick) => void): Fault {
  return {
    help: `${help} when ${silent} has been silent for a while`,
    argument: { form: 'DURATION', default: defaultDuration },
    install: (site, argument) => {
      const { onConnected, converter } = site.world;
      const limitTicks = msToTicks(parseDurationMs(argument));
      let cancel: () => void = () => undefined;
      const rearm = (tick: Tick): void => {
        cancel();
        cancel = site.scheduler.at(tick + limitTicks, (now) => act(site, now));
      };
      const rearmAndPass = (bytes: Uint8Array, tick: Tick): Uint8Array => {
        rearm(tick);
        return bytes;
      };
      onConnected.push((_, tick) => rearm(tick));
      converter.toNetworkFilters.push(rearmAndPass);
      if (silent === 'everybody') converter.toLineFilters.unshift(rearmAndPass);
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
  'idle-close': idle('the board', 'the converter closes a connection', '3s', ({ world }, tick) => world.endConnection('finished', tick)),
  'idle-reboot': idle('the board', 'the converter restarts and is away for ten seconds', '300s', ({ world }, tick) => {
    world.endConnection('silent', tick);
    world.lockedUntilTick = tick + msToTicks(REBOOT_MS);
  }),
  'nat-timeout': idle('everybody', 'a router forgets the connection and nobody is told', '270s', ({ world }, tick) => world.endConnection('silent', tick)),
  'mtu-hole': {
    help: 'segments above a size never arrive, and behind one of them nothing does: a tunnel without path MTU discovery',
    argument: { form: 'BYTES', default: '1300' },
    install: ({ world }, argument) => {
      const limitBytes = parseCount(argument);
      let isStuck = false;
      world.onConnected.push(() => (isStuck = false));
      world.converter.toLineFilters.unshift((bytes) => {
        isStuck ||= bytes.length > limitBytes;
        return isStuck ? new Uint8Array() : bytes;
      });
    },
  },
};
