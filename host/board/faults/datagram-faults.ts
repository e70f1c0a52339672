/** Faults of a network that carries datagrams: over TCP there are none of them, and they are refused. */
import { StageFlashError } from '../../errors.js';
import type { DatagramConditions } from '../converter/datagrams.js';
import type { Fault } from '../faults.js';
import { parseCount, parsePercent } from '../option-parsers.js';

/** `unlimited` is enough places for every datagram to wait until its time is up. */
const DEEPEST = 1000;

function datagramFault(help: string, form: string, defaultText: string, conditions: (argument: string) => Partial<DatagramConditions>): Fault {
  return {
    help,
    argument: { form, default: defaultText },
    install: ({ world }, argument) => {
      const { datagrams } = world.paths;
      if (datagrams === undefined) {
        throw new StageFlashError('usage', `${help}: only over UDP`, { hint: 'Serve the board with --listen udp://ADDRESS:PORT, or add transport=udp to the sim: link.' });
      }
      world.paths = { ...world.paths, datagrams: { ...datagrams, ...conditions(argument) } };
    },
  };
}

export const datagramFaults: Readonly<Record<string, Fault>> = {
  'udp-loss': datagramFault('datagrams are lost', 'PERCENT', '1', (argument) => ({ lossRate: parsePercent(argument) })),
  'udp-duplicate': datagramFault('datagrams arrive twice', 'PERCENT', '1', (argument) => ({ duplicateRate: parsePercent(argument) })),
  'udp-reorder': datagramFault('datagrams arrive up to so many places late', 'DEPTH', '3', (argument) => ({ reorderDepth: Math.min(parseCount(argument), DEEPEST) })),
};
