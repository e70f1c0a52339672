/** Bit fields, extensions and the instructions that live in compute.ts → JavaScript. */
import type { Instruction } from '../instruction.js';
import type { Site } from './site.js';
import { signed, writeRegister } from './site.js';

type Of<Kind extends Instruction['kind']> = Extract<Instruction, { kind: Kind }>;

export function pcRelative(instruction: Of<'pc-relative'>, site: Site): string {
  return writeRegister(instruction.rd, signed(((site.pc + 4) & ~3) + instruction.offset));
}

export function moveTop(instruction: Of<'move-top'>): string {
  return writeRegister(instruction.rd, `r[${instruction.rd}]&65535|${signed(instruction.value << 16)}`);
}

export function extract(instruction: Of<'extract'>): string {
  const { rn, rd, lsb, width } = instruction;
  const up = `r[${rn}]<<${32 - width - lsb}`;
  return writeRegister(rd, `${up}${instruction.signed ? '>>' : '>>>'}${32 - width}`);
}

export function insert(instruction: Of<'insert'>): string {
  const { rd, rn, lsb, width } = instruction;
  const field = width === 32 ? -1 : ((1 << width) - 1) << lsb;
  const kept = `r[${rd}]&${signed(~field)}`;
  return writeRegister(rd, rn === undefined ? kept : `${kept}|r[${rn}]<<${lsb}&${signed(field)}`);
}

export function extend(instruction: Of<'extend'>): string {
  const { rm, bits, rotate } = instruction;
  const source = rotate === 0 ? `r[${rm}]` : `(r[${rm}]>>>${rotate}|r[${rm}]<<${32 - rotate})`;
  const field = instruction.signed ? `(${source}<<${32 - bits}>>${32 - bits})` : `(${source}&${2 ** bits - 1})`;
  return writeRegister(instruction.rd, instruction.rn === undefined ? field : `r[${instruction.rn}]+${field}|0`);
}

export function compute(instruction: Of<'compute'>): string {
  const operands = instruction.sources.map((source) => `r[${source}]`);
  if (instruction.immediate !== undefined) operands.push(String(instruction.immediate));
  return writeRegister(instruction.rd, `compute.${instruction.name}(r,${operands.join(',')})`);
}

export function long(instruction: Of<'long'>): string {
  const { name, low, high, rn, rm } = instruction;
  return `compute.${name}(r,${low},${high},r[${rn}],r[${rm}]);`;
}
