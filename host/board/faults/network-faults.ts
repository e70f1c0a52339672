/** Faults of the network and of the stacks at its ends: bytes arrive whole, but late or in other pieces. */
import type { Fault } from '../faults.js';
import { parseDurationMs } from '../option-parsers.js';

export const networkFaults: Readonly<Record<string, Fault>> = {
  'delayed-ack': {
    help: 'the converter waits with a small packet until the one before is acknowledged (Nagle), which takes a host 40ms (Linux) to 200ms (Windows)',
    argument: { form: 'DURATION', default: '40ms' },
    install: ({ world }, argument) => {
      world.paths = { ...world.paths, acknowledgementDelayMs: parseDurationMs(argument) };
    },
  },
  coalesce: {
    help: 'bytes of both directions wait for a full segment of 1460, no longer than this, as in a GSM terminal',
    argument: { form: 'DURATION', default: '100ms' },
    install: ({ world }, argument) => {
      world.paths = { ...world.paths, gatherMs: parseDurationMs(argument) };
    },
  },
  sleep: {
    help: 'a receiver that has been quiet sleeps, and the next packet to the board waits for it: Wi-Fi power save, a cellular modem in idle',
    argument: { form: 'AFTER/DELAY', default: '100ms/300ms' },
    install: ({ world }, argument) => {
      const [after = '', delay = ''] = argument.split('/');
      const sleep = { afterMs: parseDurationMs(after), wakeUpMs: parseDurationMs(delay) };
      world.paths = { ...world.paths, uplink: { ...world.paths.uplink, sleep } };
    },
  },
};
