/**
 * Loads and stores → JavaScript. Aligned accesses to plain memory index the page tables directly; everything else goes to CoreMemory
 * with the instruction's index, which is its tick within the block.
 *
 * Locals: `a` address, `m1 m2 m4` page views by size, `x` non-zero when a store wants the block to end. Base registers are
 * written back and loaded values committed only after every access has succeeded, so a faulting instruction can be restarted.
 */
import { SLOT } from '../core-state.js';
import type { AccessBytes, Address, Instruction } from '../instruction.js';
import type { Site } from './site.js';
import { leaveInterworking, registerValue, settleIt, signed, writeRegister } from './site.js';

type Of<Kind extends Instruction['kind']> = Extract<Instruction, { kind: Kind }>;

const place = (site: Site): string => `${site.index},${signed(site.pc)}`;

/** Sets `a`; with write-back also `b`, the base's new value. */
function addressInto(address: Address, site: Site): string {
  const base = address.base === 15 ? signed((site.pc + 4) & ~3) : `r[${address.base}]`;
  const { index } = address;
  const step = index === undefined ? signed(address.offset) : index.shift === 0 ? `r[${index.rm}]` : `(r[${index.rm}]<<${index.shift})`;
  const sum = step === '0' ? base : `${base}+${step}|0`;
  if (address.mode === 'offset') return `a=${sum};`;
  return address.mode === 'pre' ? `a=b=${sum};` : `a=${base};b=${sum};`;
}

const writeBack = (address: Address): string => (address.mode === 'offset' ? '' : writeRegister(address.base, 'b'));

const ALIGNED: Readonly<Record<AccessBytes, string>> = { 1: '', 2: '&&(a&1)===0', 4: '&&(a&3)===0' };
const ELEMENT: Readonly<Record<AccessBytes, string>> = { 1: '[a&65535]', 2: '[(a&65535)>>1]', 4: '[(a&65535)>>2]' };

/** The value at `a`, zero- or sign-extended. */
function loadValue(bytes: AccessBytes, isSigned: boolean, site: Site): string {
  const view = `m${bytes}`;
  const plain = `(${view}=r${bytes * 8}[a>>>16])!==null${ALIGNED[bytes]}?${view}${ELEMENT[bytes]}:mem.read${bytes * 8}(a,${place(site)})`;
  const unused = 32 - bytes * 8;
  return isSigned ? `(${plain})<<${unused}>>${unused}` : plain;
}

/** Granule of the code map; must agree with granuleOf in block-cache.ts. */
const unmarked = (address: string): string => `mark[(${address}>>>8^${address}>>>14)&65535]===0`;

function storeValue(bytes: AccessBytes, value: string, site: Site): string {
  const view = `m${bytes}`;
  const isPlain = `(${view}=w${bytes * 8}[a>>>16])!==null${ALIGNED[bytes]}&&${unmarked('a')}`;
  return `if(${isPlain})${view}${ELEMENT[bytes]}=${value};else x=mem.write${bytes * 8}(a,${value},${place(site)});`;
}

/** A store that changed code, or made somebody outside ask for the core, ends the block behind this instruction. */
const leaveIfAsked = (site: Site): string => `if(x!==0){${settleIt(site)}r[${SLOT.PC}]=${signed(site.next)};return ${site.count};}`;

export function load(instruction: Of<'load'>, site: Site): string {
  const { address, rt } = instruction;
  const value = `${addressInto(address, site)}t=${loadValue(instruction.bytes, instruction.signed, site)};${writeBack(address)}`;
  return rt === 15 ? value + leaveInterworking(site) : value + writeRegister(rt, 't');
}

export function store(instruction: Of<'store'>, site: Site): string {
  const { address } = instruction;
  return addressInto(address, site) + storeValue(instruction.bytes, registerValue(instruction.rt, site), site) + writeBack(address) + leaveIfAsked(site);
}

const registersOf = (list: number): readonly number[] => Array.from({ length: 16 }, (_, n) => n).filter((n) => ((list >>> n) & 1) === 1);

/** Reads consecutive words from `a` into registers; PC's value stays in `t`. All or nothing when an access faults. */
function loadWords(registers: readonly number[], site: Site): string {
  const lastStart = 65536 - registers.length * 4;
  const take = (source: (at: number) => string): string => registers.map((n, at) => (n === 15 ? `t=${source(at)};` : writeRegister(n, source(at)))).join('');
  return (
    `m4=r32[a>>>16];if(m4!==null&&(a&3)===0&&(a&65535)<=${lastStart}){i=(a&65535)>>2;${take((at) => `m4[i+${at}]`)}}` +
    `else{mem.readWords(a,${registers.length},${place(site)});${take((at) => `mem.words[${at}]`)}}`
  );
}

function storeWords(registers: readonly number[], site: Site): string {
  const last = `(a+${(registers.length - 1) * 4}|0)`;
  const isPlain = `m4!==null&&(a&3)===0&&(a&65535)<=${65536 - registers.length * 4}&&${unmarked('a')}&&${unmarked(last)}`;
  const put = (target: (at: number) => string): string => registers.map((n, at) => `${target(at)}=r[${n}];`).join('');
  return (
    `m4=w32[a>>>16];if(${isPlain}){i=(a&65535)>>2;${put((at) => `m4[i+${at}]`)}}` +
    `else{${put((at) => `mem.words[${at}]`)}x=mem.writeWords(a,${registers.length},${place(site)});}`
  );
}

export function loadPair(instruction: Of<'load-pair'>, site: Site): string {
  return addressInto(instruction.address, site) + loadWords([instruction.rt, instruction.rt2], site) + writeBack(instruction.address);
}

export function storePair(instruction: Of<'store-pair'>, site: Site): string {
  return addressInto(instruction.address, site) + storeWords([instruction.rt, instruction.rt2], site) + writeBack(instruction.address) + leaveIfAsked(site);
}

/** Where a block of registers begins, and what its base becomes. */
function blockAddress(rn: number, count: number, before: boolean): string {
  return before ? `b=a=r[${rn}]-${count * 4}|0;` : `a=r[${rn}];b=a+${count * 4}|0;`;
}

export function loadMultiple(instruction: Of<'load-multiple'>, site: Site): string {
  const { rn, list } = instruction;
  const registers = registersOf(list);
  const words = blockAddress(rn, registers.length, instruction.before) + loadWords(registers, site);
  return words + (instruction.writeBack ? writeRegister(rn, 'b') : '') + (registers.includes(15) ? leaveInterworking(site) : '');
}

export function storeMultiple(instruction: Of<'store-multiple'>, site: Site): string {
  const { rn, list } = instruction;
  const registers = registersOf(list);
  const words = blockAddress(rn, registers.length, instruction.before) + storeWords(registers, site);
  return words + (instruction.writeBack ? writeRegister(rn, 'b') : '') + leaveIfAsked(site);
}

const exclusiveAddress = (rn: number, offset: number): string => `a=r[${rn}]+${offset}|0;`;

/** Exclusive accesses must be aligned whatever CCR.UNALIGN_TRP says. */
const demandAlignment = (bytes: AccessBytes, site: Site): string => (bytes === 1 ? '' : `if((a&${bytes - 1})!==0)mem.unaligned(${place(site)});`);

export function loadExclusive(instruction: Of<'load-exclusive'>, site: Site): string {
  const { bytes, rt } = instruction;
  const value = `t=${loadValue(bytes, false, site)};r[${SLOT.EXCLUSIVE}]=1;${writeRegister(rt, 't')}`;
  return exclusiveAddress(instruction.rn, instruction.offset) + demandAlignment(bytes, site) + value;
}

export function storeExclusive(instruction: Of<'store-exclusive'>, site: Site): string {
  const { bytes, rd, rt } = instruction;
  const stored = `${storeValue(bytes, `r[${rt}]`, site)}r[${SLOT.EXCLUSIVE}]=0;${writeRegister(rd, '0')}${leaveIfAsked(site)}`;
  const address = exclusiveAddress(instruction.rn, instruction.offset) + demandAlignment(bytes, site);
  return `${address}if(r[${SLOT.EXCLUSIVE}]===0){${writeRegister(rd, '1')}}else{${stored}}`;
}
