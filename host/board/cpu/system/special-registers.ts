/** MRS, MSR and CPS: the special registers as the program sees them (ARMv7-M ARM §B5.2). Unprivileged writes are ignored. */
import { CONTROL_NPRIV, CONTROL_SPSEL, SLOT, isPrivileged, packApsr, swapStacks, unpackNzcvq, usesProcessStack } from '../core-state.js';

const SYSM = { MSP: 8, PSP: 9, PRIMASK: 16, BASEPRI: 17, BASEPRI_MAX: 18, FAULTMASK: 19, CONTROL: 20 } as const;

/** STM32H7 implements the upper four bits of each priority (PM0253 §2.4). */
export const PRIORITY_MASK = 0xf0;

export function readSpecial(r: Int32Array, sysm: number): number {
  if (sysm < SYSM.MSP) return readXpsr(r, sysm);
  if (sysm === SYSM.CONTROL) return r[SLOT.CONTROL]!;
  if (!isPrivileged(r)) return 0;
  switch (sysm) {
    case SYSM.MSP:
      return usesProcessStack(r) ? r[SLOT.OTHER_SP]! : r[SLOT.SP]!;
    case SYSM.PSP:
      return usesProcessStack(r) ? r[SLOT.SP]! : r[SLOT.OTHER_SP]!;
    case SYSM.PRIMASK:
      return r[SLOT.PRIMASK]!;
    case SYSM.FAULTMASK:
      return r[SLOT.FAULTMASK]!;
    default:
      return r[SLOT.BASEPRI]!;
  }
}

/** SYSm bit 0 selects IPSR, bit 2 cleared APSR; EPSR always reads as zero. */
function readXpsr(r: Int32Array, sysm: number): number {
  const ipsr = (sysm & 1) !== 0 && isPrivileged(r) ? r[SLOT.IPSR]! : 0;
  const apsr = (sysm & 4) === 0 ? packApsr(r) : 0;
  return (ipsr | apsr) | 0;
}

export function writeSpecial(r: Int32Array, sysm: number, mask: number, value: number): void {
  if (sysm < SYSM.MSP) {
    if ((sysm & 4) !== 0) return;
    if ((mask & 2) !== 0) unpackNzcvq(r, value);
    if ((mask & 1) !== 0) r[SLOT.GE] = (value >>> 16) & 15;
    return;
  }
  if (!isPrivileged(r)) return;
  const isProcessStack = usesProcessStack(r);
  switch (sysm) {
    case SYSM.MSP:
      r[isProcessStack ? SLOT.OTHER_SP : SLOT.SP] = value & ~3;
      break;
    case SYSM.PSP:
      r[isProcessStack ? SLOT.SP : SLOT.OTHER_SP] = value & ~3;
      break;
    case SYSM.PRIMASK:
      r[SLOT.PRIMASK] = value & 1;
      break;
    case SYSM.BASEPRI:
      r[SLOT.BASEPRI] = value & PRIORITY_MASK;
      break;
    case SYSM.BASEPRI_MAX:
      raiseBasePriority(r, value & PRIORITY_MASK);
      break;
    case SYSM.FAULTMASK:
      r[SLOT.FAULTMASK] = value & 1;
      break;
    default:
      writeControl(r, value);
  }
}

/** BASEPRI_MAX only ever masks more. */
function raiseBasePriority(r: Int32Array, priority: number): void {
  const current = r[SLOT.BASEPRI]!;
  if (priority !== 0 && (current === 0 || priority < current)) r[SLOT.BASEPRI] = priority;
}

/** SPSEL can only be changed in thread mode, where it exchanges R13 at once. */
function writeControl(r: Int32Array, value: number): void {
  const isThread = r[SLOT.IPSR] === 0;
  const selection = isThread ? value & CONTROL_SPSEL : r[SLOT.CONTROL]! & CONTROL_SPSEL;
  if (isThread && selection !== (r[SLOT.CONTROL]! & CONTROL_SPSEL)) swapStacks(r);
  r[SLOT.CONTROL] = selection | (value & CONTROL_NPRIV);
}

/** CPSIE and CPSID. */
export function changeState(r: Int32Array, primask: boolean, faultmask: boolean, disable: boolean): void {
  if (!isPrivileged(r)) return;
  if (primask) r[SLOT.PRIMASK] = disable ? 1 : 0;
  if (faultmask) r[SLOT.FAULTMASK] = disable ? 1 : 0;
}
