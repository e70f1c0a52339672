/** Data processing → JavaScript. Locals: `p`, `q` operands, `t` result, `c` carry; int32 throughout. */
import { SLOT } from '../core-state.js';
import type { Instruction, Operand } from '../instruction.js';
import { FLAG, hasCarryOut } from './effects.js';
import type { Site } from './site.js';
import { leave, registerValue, signed, writeRegister } from './site.js';

type Of<Kind extends Instruction['kind']> = Extract<Instruction, { kind: Kind }>;

function operandValue(operand: Operand, site: Site): string {
  if (operand.kind === 'immediate') return signed(operand.value);
  const rm = registerValue(operand.rm, site);
  const { shift, amount } = operand;
  if (shift === 'LSL') return amount === 0 ? rm : `(${rm}<<${amount})`;
  if (shift === 'LSR') return amount === 32 ? '0' : `(${rm}>>>${amount}|0)`;
  if (shift === 'ASR') return `(${rm}>>${Math.min(amount, 31)})`;
  if (shift === 'ROR') return `(${rm}>>>${amount}|${rm}<<${32 - amount})`;
  return `(r[${SLOT.C}]<<31|${rm}>>>1)`;
}

/** The shifter's carry, 0 or 1: the last bit that it shifted out. */
function operandCarry(operand: Operand, site: Site): string {
  if (operand.kind === 'immediate') return String(operand.carry);
  const lastBit = operand.shift === 'LSL' ? 32 - operand.amount : operand.amount - 1;
  return `${registerValue(operand.rm, site)}>>>${lastBit}&1`;
}

function flagsFromResult(site: Site): string {
  const n = (site.liveFlags & FLAG.N) === 0 ? '' : `r[${SLOT.N}]=t;`;
  const z = (site.liveFlags & FLAG.Z) === 0 ? '' : `r[${SLOT.Z}]=t;`;
  return n + z;
}

/** The result goes to a register, to PC as a branch, or (comparisons) nowhere. */
function writeResult(rd: number | undefined, value: string, site: Site): string {
  if (rd === undefined) return '';
  return rd === SLOT.PC ? leave(`${value}&-2`, site) : writeRegister(rd, value);
}

export function logical(instruction: Of<'logical'>, site: Site): string {
  const { op, operand, rd } = instruction;
  const a = registerValue(instruction.rn, site);
  const b = operandValue(operand, site);
  const value = { AND: `${a}&${b}`, BIC: `${a}&~${b}`, ORR: `${a}|${b}`, ORN: `${a}|~${b}`, EOR: `${a}^${b}`, MOV: b, MVN: `~${b}` }[op];
  if (!instruction.setFlags) return writeResult(rd, value, site);
  const setsCarry = hasCarryOut(operand) && (site.liveFlags & FLAG.C) !== 0;
  const keepCarry = setsCarry ? `c=${operandCarry(operand, site)};` : '';
  const setCarry = setsCarry ? `r[${SLOT.C}]=c;` : '';
  return `${keepCarry}t=${value};${setCarry}${flagsFromResult(site)}${writeResult(rd, 't', site)}`;
}

export function arithmetic(instruction: Of<'arithmetic'>, site: Site): string {
  const { op, rd } = instruction;
  const a = registerValue(instruction.rn, site);
  const b = operandValue(instruction.operand, site);
  if (!instruction.setFlags || site.liveFlags === 0) {
    const carry = `r[${SLOT.C}]`;
    const value = { ADD: `${a}+${b}|0`, ADC: `${a}+${b}+${carry}|0`, SUB: `${a}-(${b})|0`, SBC: `${a}+~${b}+${carry}|0`, RSB: `${b}-${a}|0` }[op];
    return writeResult(rd, `(${value})`, site);
  }
  const [p, q] = op === 'RSB' ? [b, a] : [a, op === 'SBC' ? `~${b}` : b];
  return `p=${p};q=${q};${sum(op, site)}${flagsFromResult(site)}${writeResult(rd, 't', site)}`;
}

/** `t`, C and V of `p` and `q`; q is already inverted for SBC. */
function sum(op: Of<'arithmetic'>['op'], site: Site): string {
  const isSubtraction = op === 'SUB' || op === 'RSB';
  const usesCarry = op === 'ADC' || op === 'SBC';
  const value = usesCarry ? `c=(p>>>0)+(q>>>0)+r[${SLOT.C}];t=c|0;` : isSubtraction ? 't=p-q|0;' : 't=p+q|0;';
  const carryTruth = usesCarry ? 'c>4294967295' : isSubtraction ? 'p>>>0>=q>>>0' : 't>>>0<p>>>0';
  const carry = (site.liveFlags & FLAG.C) === 0 ? '' : `r[${SLOT.C}]=${carryTruth}?1:0;`;
  const overflow = (site.liveFlags & FLAG.V) === 0 ? '' : `r[${SLOT.V}]=${isSubtraction ? '(p^q)&(p^t)' : '(p^t)&(q^t)'};`;
  return value + carry + overflow;
}

/** Shift by the low byte of a register; 32 and more are legal and differ. `q` is the amount, `p` the value. */
const SHIFTS = {
  LSL: { value: 'q<32?p<<q:0', carry: 'q<=32?p>>>32-q&1:0' },
  LSR: { value: 'q<32?p>>>q|0:0', carry: 'q<=32?p>>>q-1&1:0' },
  ASR: { value: 'p>>(q<32?q:31)', carry: 'p>>(q<32?q-1:31)&1' },
  ROR: { value: 'p>>>q|p<<32-q', carry: 't>>>31' },
  RRX: { value: 'p', carry: '0' },
} as const;

export function shift(instruction: Of<'shift'>, site: Site): string {
  const { value, carry } = SHIFTS[instruction.type];
  const compute = `p=r[${instruction.rn}];q=r[${instruction.rm}]&255;t=${value};`;
  if (!instruction.setFlags) return compute + writeRegister(instruction.rd, 't');
  const setCarry = (site.liveFlags & FLAG.C) === 0 ? '' : `if(q!==0)r[${SLOT.C}]=${carry};`;
  return `${compute}${setCarry}${flagsFromResult(site)}${writeRegister(instruction.rd, 't')}`;
}

export function multiply(instruction: Of<'multiply'>, site: Site): string {
  const product = `Math.imul(r[${instruction.rn}],r[${instruction.rm}])`;
  const { accumulate } = instruction;
  if (accumulate !== undefined) {
    return writeRegister(instruction.rd, accumulate.subtract ? `r[${accumulate.ra}]-${product}|0` : `r[${accumulate.ra}]+${product}|0`);
  }
  return instruction.setFlags ? `t=${product};${flagsFromResult(site)}${writeRegister(instruction.rd, 't')}` : writeRegister(instruction.rd, product);
}

/** CCR.DIV_0_TRP decides whether a zero divisor faults or gives zero. */
export function divide(instruction: Of<'divide'>, site: Site): string {
  const [n, m] = [`r[${instruction.rn}]`, `r[${instruction.rm}]`];
  const quotient = instruction.signed ? `${n}/${m}|0` : `(${n}>>>0)/(${m}>>>0)|0`;
  return `if(${m}===0)core.divideByZero(${site.index},${signed(site.pc)});t=${m}===0?0:${quotient};${writeRegister(instruction.rd, 't')}`;
}
