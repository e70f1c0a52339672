/** 32-bit loads and stores: single, pair, multiple, exclusive, table branches (ARMv7-M ARM §A5.3.5 to §A5.3.10). */
import type { AccessBytes, Address, Instruction } from '../instruction.js';
import { UNPREDICTABLE } from '../instruction.js';
import { encoding } from './bit-pattern.js';
import type { Encoding } from './bit-pattern.js';

const has = (list: number, register: number): boolean => ((list >>> register) & 1) === 1;
const isPlain = (register: number): boolean => register !== 13 && register !== 15;
const hasTwo = (list: number): boolean => (list & (list - 1)) !== 0;

function loadMultiple(rn: number, list: number, before: boolean, writeBack: boolean): Instruction {
  const isBad = rn === 15 || !hasTwo(list) || (has(list, 14) && has(list, 15)) || (writeBack && has(list, rn));
  return isBad ? UNPREDICTABLE : { kind: 'load-multiple', rn, list, before, writeBack };
}

function storeMultiple(rn: number, list: number, before: boolean, writeBack: boolean): Instruction {
  const isBad = rn === 15 || !hasTwo(list) || (writeBack && has(list, rn));
  return isBad ? UNPREDICTABLE : { kind: 'store-multiple', rn, list, before, writeBack };
}

const MULTIPLE: readonly Encoding[] = [
  encoding('1110 1000 10 w 0 nnnn z l z lllllllllllll', (f) => storeMultiple(f.n, spread(f.l), false, f.w === 1)),
  encoding('1110 1000 10 w 1 nnnn p l z lllllllllllll', (f) => loadMultiple(f.n, spread(f.l) | (f.p << 15), false, f.w === 1)),
  encoding('1110 1001 00 w 0 nnnn z l z lllllllllllll', (f) => storeMultiple(f.n, spread(f.l), true, f.w === 1)),
  encoding('1110 1001 00 w 1 nnnn p l z lllllllllllll', (f) => loadMultiple(f.n, spread(f.l) | (f.p << 15), true, f.w === 1)),
];

/** The list as gathered lacks the SP bit: its bit 13 is LR. */
function spread(list: number): number {
  return (list & 0x1fff) | ((list >>> 13) << 14);
}

/** The manual's P, U and W bits around an offset. */
function addressOf(base: number, offset: number, p: number, u: number, w: number): Address {
  return { base, offset: u === 1 ? offset : -offset, mode: p === 0 ? 'post' : w === 1 ? 'pre' : 'offset' };
}

function loadPair(f: { p: number; u: number; w: number; n: number; t: number; d: number; i: number }): Instruction {
  const writesBack = f.p === 0 || f.w === 1;
  const isBad = !isPlain(f.t) || !isPlain(f.d) || f.t === f.d || (writesBack && (f.n === 15 || f.n === f.t || f.n === f.d));
  return isBad ? UNPREDICTABLE : { kind: 'load-pair', rt: f.t, rt2: f.d, address: addressOf(f.n, f.i * 4, f.p, f.u, f.w) };
}

function storePair(f: { p: number; u: number; w: number; n: number; t: number; d: number; i: number }): Instruction {
  const writesBack = f.p === 0 || f.w === 1;
  const isBad = !isPlain(f.t) || !isPlain(f.d) || f.n === 15 || (writesBack && (f.n === f.t || f.n === f.d));
  return isBad ? UNPREDICTABLE : { kind: 'store-pair', rt: f.t, rt2: f.d, address: addressOf(f.n, f.i * 4, f.p, f.u, f.w) };
}

const storeExclusive = (bytes: AccessBytes, rd: number, rt: number, rn: number, offset: number): Instruction =>
  rn === 15 || rd === rn || rd === rt ? UNPREDICTABLE : { kind: 'store-exclusive', bytes, rd, rt, rn, offset };
const loadExclusive = (bytes: AccessBytes, rt: number, rn: number, offset: number): Instruction =>
  rn === 15 ? UNPREDICTABLE : { kind: 'load-exclusive', bytes, rt, rn, offset };

const PAIRS: readonly Encoding[] = [
  encoding('1110 1000 0100 nnnn tttt dddd iiiiiiii', (f) => storeExclusive(4, f.d, f.t, f.n, f.i * 4), 'dt'),
  encoding('1110 1000 0101 nnnn tttt yyyy iiiiiiii', (f) => loadExclusive(4, f.t, f.n, f.i * 4), 't'),
  encoding('1110 1000 1100 nnnn tttt yyyy 0100 dddd', (f) => storeExclusive(1, f.d, f.t, f.n, 0), 'dt'),
  encoding('1110 1000 1100 nnnn tttt yyyy 0101 dddd', (f) => storeExclusive(2, f.d, f.t, f.n, 0), 'dt'),
  encoding('1110 1000 1101 nnnn tttt yyyy 0100 yyyy', (f) => loadExclusive(1, f.t, f.n, 0), 't'),
  encoding('1110 1000 1101 nnnn tttt yyyy 0101 yyyy', (f) => loadExclusive(2, f.t, f.n, 0), 't'),
  encoding('1110 1000 1101 nnnn yyyy zzzz 000 h mmmm', (f) => (f.n === 13 ? UNPREDICTABLE : { kind: 'table-branch', rn: f.n, rm: f.m, half: f.h === 1 }), 'm'),
  encoding('1110 100 0 u 1 1 0 nnnn tttt dddd iiiiiiii', (f) => storePair({ ...f, p: 0, w: 1 })),
  encoding('1110 100 0 u 1 1 1 nnnn tttt dddd iiiiiiii', (f) => loadPair({ ...f, p: 0, w: 1 })),
  encoding('1110 100 1 u 1 w 0 nnnn tttt dddd iiiiiiii', (f) => storePair({ ...f, p: 1 })),
  encoding('1110 100 1 u 1 w 1 nnnn tttt dddd iiiiiiii', (f) => loadPair({ ...f, p: 1 })),
];

const SIZES: readonly (AccessBytes | undefined)[] = [1, 2, 4, undefined];

/** A load into PC is a branch for words, a preload hint for less: hints do nothing here. */
function load(sign: number, size: number, rt: number, address: Address): Instruction | undefined {
  const bytes = SIZES[size];
  if (bytes === undefined || (sign === 1 && bytes === 4)) return undefined;
  const writesBack = address.mode !== 'offset';
  if (rt === 15 && bytes !== 4) return writesBack ? UNPREDICTABLE : { kind: 'nop' };
  if ((rt === 13 && bytes !== 4) || (writesBack && address.base === rt)) return UNPREDICTABLE;
  return { kind: 'load', bytes, signed: sign === 1, rt, address };
}

function store(size: number, rt: number, address: Address): Instruction | undefined {
  const bytes = SIZES[size];
  if (bytes === undefined || address.base === 15) return undefined;
  const isBad = rt === 15 || (rt === 13 && bytes !== 4) || (address.mode !== 'offset' && address.base === rt);
  return isBad ? UNPREDICTABLE : { kind: 'store', bytes, rt, address };
}

const literal = (u: number, offset: number): Address => ({ base: 15, offset: u === 1 ? offset : -offset, mode: 'offset' });
const indexed = (base: number, rm: number, shift: number): Address => ({ base, index: { rm, shift }, offset: 0, mode: 'offset' });

const SINGLE: readonly Encoding[] = [
  encoding('1111 1000 1 ss 0 nnnn tttt iiiiiiiiiiii', (f) => store(f.s, f.t, addressOf(f.n, f.i, 1, 1, 0))),
  encoding('1111 1000 0 ss 0 nnnn tttt 000000 ii mmmm', (f) => store(f.s, f.t, indexed(f.n, f.m, f.i)), 'm'),
  // STRT and relatives (P U W = 110) store as the unprivileged would; without an MPU that is the same.
  encoding('1111 1000 0 ss 0 nnnn tttt 1110 iiiiiiii', (f) => (f.t === 13 ? UNPREDICTABLE : store(f.s, f.t, addressOf(f.n, f.i, 1, 1, 0)))),
  encoding('1111 1000 0 ss 0 nnnn tttt 1100 iiiiiiii', (f) => store(f.s, f.t, addressOf(f.n, f.i, 1, 0, 0))),
  encoding('1111 1000 0 ss 0 nnnn tttt 1 p u 1 iiiiiiii', (f) => store(f.s, f.t, addressOf(f.n, f.i, f.p, f.u, 1))),
  encoding('1111 100 g u ss 1 1111 tttt iiiiiiiiiiii', (f) => load(f.g, f.s, f.t, literal(f.u, f.i))),
  encoding('1111 100 g 1 ss 1 nnnn tttt iiiiiiiiiiii', (f) => load(f.g, f.s, f.t, addressOf(f.n, f.i, 1, 1, 0))),
  encoding('1111 100 g 0 ss 1 nnnn tttt 000000 ii mmmm', (f) => load(f.g, f.s, f.t, indexed(f.n, f.m, f.i)), 'm'),
  encoding('1111 100 g 0 ss 1 nnnn tttt 1110 iiiiiiii', (f) => (f.t === 13 || f.t === 15 ? UNPREDICTABLE : load(f.g, f.s, f.t, addressOf(f.n, f.i, 1, 1, 0)))),
  encoding('1111 100 g 0 ss 1 nnnn tttt 1100 iiiiiiii', (f) => load(f.g, f.s, f.t, addressOf(f.n, f.i, 1, 0, 0))),
  encoding('1111 100 g 0 ss 1 nnnn tttt 1 p u 1 iiiiiiii', (f) => load(f.g, f.s, f.t, addressOf(f.n, f.i, f.p, f.u, 1))),
];

export const MEMORY: readonly Encoding[] = [...MULTIPLE, ...PAIRS, ...SINGLE];
