/** The core's state in words, for messages when something on the board went wrong. */
import { hex32 } from '../../errors.js';
import type { Tick } from '../time.js';
import { packXpsr } from './core-state.js';
import { CFSR } from './faults.js';
import type { SystemControl } from './system/system-control.js';

const NAMES = ['R0', 'R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8', 'R9', 'R10', 'R11', 'R12', 'SP', 'LR', 'PC'] as const;

export function describeCore(r: Int32Array, control: SystemControl, tick: Tick): string {
  const registers = NAMES.map((name, at) => `${name} ${hex32(r[at]!)}`).join(' ');
  const causes = Object.entries(CFSR).filter(([, bit]) => (control.cfsr & bit) !== 0).map(([name]) => name);
  const faults = causes.length === 0 ? '' : ` faults ${causes.join(' ')} HFSR ${hex32(control.hfsr)} BFAR ${hex32(control.bfar)}`;
  return `${registers} xPSR ${hex32(packXpsr(r))} tick ${tick}${faults}`;
}
