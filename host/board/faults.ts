/**
 * What goes wrong between a host and a board in the field, by name: `fault=NAME` or `fault=NAME=ARGUMENT`. Each fault is a few lines
 * that hook into the world; none of them knows what the bytes mean.
 */
import { StageFlashError } from '../errors.js';
import type { Scheduler } from './event-queue.js';
import type { Random } from './random.js';
import type { World } from './world.js';
import { boardFaults } from './faults/board-faults.js';
import { connectionFaults } from './faults/connection-faults.js';
import { datagramFaults } from './faults/datagram-faults.js';
import { networkFaults } from './faults/network-faults.js';
import { serialFaults } from './faults/serial-faults.js';
import { streamFaults } from './faults/stream-faults.js';

/** What a fault may lay hands on. */
export interface FaultSite {
  readonly world: World;
  readonly scheduler: Scheduler;
  readonly random: Random;
}

export interface Fault {
  readonly help: string;
  /** The form of its argument as the user writes it, and what it is when he does not; absent: it takes none. */
  readonly argument?: { readonly form: string; readonly default: string };
  /** @throws RangeError for an argument that it does not understand. */
  readonly install: (site: FaultSite, argument: string) => void;
}

export const FAULTS: Readonly<Record<string, Fault>> = { ...serialFaults, ...streamFaults, ...networkFaults, ...datagramFaults, ...connectionFaults, ...boardFaults };

/** @param specs `name` or `name=argument`. @throws StageFlashError kind `usage` */
export function installFaults(specs: readonly string[], site: FaultSite): void {
  for (const spec of specs) {
    const [name = '', ...rest] = spec.split('=');
    const fault = FAULTS[name];
    if (fault === undefined) throw new StageFlashError('usage', `there is no fault "${name}"`, { hint: `Valid: ${Object.keys(FAULTS).join(', ')}.` });
    try {
      fault.install({ ...site, random: site.random.fork(name) }, rest.length > 0 ? rest.join('=') : (fault.argument?.default ?? ''));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new StageFlashError('usage', `fault ${name}: ${error.message}`, { hint: `It is written ${name}=${fault.argument?.form ?? ''}.` });
    }
  }
}
