/** Instructions that do more than compute: what translated code calls when one of them comes up. */
import { SLOT } from './core-state.js';
import { CFSR, CoreFault, EXCEPTION, UnpredictableInstruction } from './faults.js';
import type { CoreMemory } from './memory.js';
import type { Exceptions } from './system/exceptions.js';
import { changeState, readSpecial, writeSpecial } from './system/special-registers.js';
import type { SystemControl } from './system/system-control.js';
import type { CoreServices } from './translate/runtime.js';

export interface CoreParts {
  readonly r: Int32Array;
  readonly mem: CoreMemory;
  readonly control: SystemControl;
  readonly exceptions: Exceptions;
  halt(reason: 'wfi' | 'lockup' | 'breakpoint', pc: number): void;
}

export function createServices(parts: CoreParts): CoreServices {
  const { r, mem, control, exceptions } = parts;

  const stopAt = (index: number, pc: number): void => {
    mem.index = index;
    r[SLOT.PC] = pc;
  };
  const usageFault = (status: number, index: number, pc: number): never => {
    stopAt(index, pc);
    control.cfsr |= status;
    throw new CoreFault(EXCEPTION.usageFault);
  };

  return {
    interwork: (target, index, pc) => {
      r[SLOT.ATTENTION] = 1;
      if (target >>> 28 === 15 && r[SLOT.IPSR] !== 0) {
        stopAt(index, pc);
        exceptions.return(target);
      } else {
        r[SLOT.PC] = target & ~1;
        r[SLOT.T] = target & 1;
      }
    },
    divideByZero: (index, pc) => {
      if (control.trapsDivisionByZero) usageFault(CFSR.DIVBYZERO, index, pc);
    },
    undefinedInstruction: (index, pc) => usageFault(CFSR.UNDEFINSTR, index, pc),
    noCoprocessor: (index, pc) => usageFault(CFSR.NOCP, index, pc),
    unpredictable: (index, pc, opcode) => {
      stopAt(index, pc);
      throw new UnpredictableInstruction(pc, opcode);
    },
    supervisorCall: (index, pc, next) => {
      stopAt(index, pc);
      r[SLOT.ATTENTION] = 1;
      if (!exceptions.take(EXCEPTION.svCall, next)) parts.halt('lockup', pc);
    },
    breakpoint: (index, pc) => {
      stopAt(index, pc);
      parts.halt('breakpoint', pc);
    },
    waitForInterrupt: (pc) => parts.halt('wfi', pc),
    readSpecial: (sysm) => readSpecial(r, sysm),
    writeSpecial: (sysm, mask, value) => writeSpecial(r, sysm, mask, value),
    changeState: (primask, faultmask, disable) => changeState(r, primask, faultmask, disable),
  };
}
