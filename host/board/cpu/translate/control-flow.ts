/** Branches and system instructions → JavaScript. */
import { SLOT } from '../core-state.js';
import type { Instruction } from '../instruction.js';
import type { Site } from './site.js';
import { conditionTruth, leave, leaveInterworking, registerValue, settleIt, signed, writeRegister } from './site.js';

type Of<Kind extends Instruction['kind']> = Extract<Instruction, { kind: Kind }>;

const place = (site: Site): string => `${site.index},${signed(site.pc)}`;

/** JavaScript that goes to a fixed address; how depends on whether the block begins there. */
export type Jump = (address: number, site: Site) => string;

export function branch(instruction: Of<'branch'>, site: Site, jump: Jump): string {
  const taken = jump(site.pc + 4 + instruction.offset, site);
  return instruction.condition === undefined ? taken : `if(${conditionTruth(instruction.condition)}){${taken}}`;
}

export function compareBranch(instruction: Of<'compare-branch'>, site: Site, jump: Jump): string {
  return `if(r[${instruction.rn}]${instruction.nonZero ? '!==' : '==='}0){${jump(site.pc + 4 + instruction.offset, site)}}`;
}

export function branchLink(instruction: Of<'branch-link'>, site: Site): string {
  return `r[${SLOT.LR}]=${signed(site.next | 1)};${leave(signed(site.pc + 4 + instruction.offset), site)}`;
}

export function branchRegister(instruction: Of<'branch-register'>, site: Site): string {
  const target = `t=${registerValue(instruction.rm, site)};`;
  return target + (instruction.link ? `r[${SLOT.LR}]=${signed(site.next | 1)};` : '') + leaveInterworking(site);
}

export function tableBranch(instruction: Of<'table-branch'>, site: Site): string {
  const { rn, rm, half } = instruction;
  const base = registerValue(rn, site);
  const entry = half ? `mem.read16(${base}+(r[${rm}]<<1)|0,${place(site)})` : `mem.read8(${base}+r[${rm}]|0,${place(site)})`;
  return `t=${entry};${leave(`${signed(site.pc + 4)}+(t<<1)|0`, site)}`;
}

export function supervisorCall(site: Site): string {
  return `${settleIt(site)}core.supervisorCall(${place(site)},${signed(site.next)});return ${site.count};`;
}

export function waitForInterrupt(site: Site): string {
  return `core.waitForInterrupt(${signed(site.pc)});${leave(signed(site.next), site)}`;
}

export function breakpoint(site: Site): string {
  return `core.breakpoint(${place(site)});return ${site.index};`;
}

export function undefinedInstruction(site: Site): string {
  return `core.undefinedInstruction(${place(site)});`;
}

export function noCoprocessor(site: Site): string {
  return `core.noCoprocessor(${place(site)});`;
}

export function unpredictable(site: Site): string {
  return `core.unpredictable(${place(site)},${site.opcode});`;
}

export function readSpecial(instruction: Of<'read-special'>): string {
  return writeRegister(instruction.rd, `core.readSpecial(${instruction.sysm})`);
}

export function writeSpecial(instruction: Of<'write-special'>): string {
  return `core.writeSpecial(${instruction.sysm},${instruction.mask},r[${instruction.rn}]);`;
}

export function changeState(instruction: Of<'change-state'>): string {
  return `core.changeState(${instruction.primask},${instruction.faultmask},${instruction.disable});`;
}
