/** The multiplies beyond 32 × 32 → 32 (ARMv7-M ARM §A4.4). Products that exceed 53 bits go through BigInt, except the common ones. */
import { SLOT } from './core-state.js';

/** Bits 63:32 of the unsigned product. */
export function highProductUnsigned(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (cross >>> 16)) | 0;
}

function highProductSigned(a: number, b: number): number {
  return (highProductUnsigned(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;
}

const bottom = (value: number): number => (value << 16) >> 16;
const top = (value: number): number => value >> 16;
const swap = (value: number): number => (value >>> 16) | (value << 16);

/** Wraps to 32 bits and sets APSR.Q when that loses something. */
function wrapSticky(r: Int32Array, exact: number): number {
  const wrapped = exact | 0;
  if (wrapped !== exact) r[SLOT.Q] = 1;
  return wrapped;
}

function addProduct(r: Int32Array, low: number, high: number, productLow: number, productHigh: number): void {
  const sum = (r[low]! >>> 0) + (productLow >>> 0);
  r[high] = r[high]! + productHigh + (sum > 0xffffffff ? 1 : 0);
  r[low] = sum;
}

/** Adds a signed product of at most 33 bits to a register pair. */
function addSmall(r: Int32Array, low: number, high: number, product: number): void {
  addProduct(r, low, high, product | 0, Math.floor(product / 2 ** 32));
}

/** Bits 63:32 of accumulator:0 plus or minus the product, rounded when asked. */
function mostSignificant(accumulator: number, product: bigint, rounded: boolean): number {
  const sum = (BigInt(accumulator) << 32n) + product + (rounded ? 0x80000000n : 0n);
  return Number(BigInt.asIntN(32, sum >> 32n));
}

const product = (a: number, b: number): bigint => BigInt(a) * BigInt(b);
const wordByHalf = (word: number, half: number): number => Math.floor((word * half) / 65536);
const dualSum = (a: number, b: number): number => bottom(a) * bottom(b) + top(a) * top(b);
const dualDifference = (a: number, b: number): number => bottom(a) * bottom(b) - top(a) * top(b);

type Three = (r: Int32Array, rn: number, rm: number, ra: number) => number;
type Two = (r: Int32Array, rn: number, rm: number) => number;
type Long = (r: Int32Array, low: number, high: number, rn: number, rm: number) => void;

const accumulateHalves: Readonly<Record<`SMLA${'BB' | 'BT' | 'TB' | 'TT'}`, Three>> = {
  SMLABB: (r, rn, rm, ra) => wrapSticky(r, bottom(rn) * bottom(rm) + ra),
  SMLABT: (r, rn, rm, ra) => wrapSticky(r, bottom(rn) * top(rm) + ra),
  SMLATB: (r, rn, rm, ra) => wrapSticky(r, top(rn) * bottom(rm) + ra),
  SMLATT: (r, rn, rm, ra) => wrapSticky(r, top(rn) * top(rm) + ra),
};

const multiplyHalves: Readonly<Record<`SMUL${'BB' | 'BT' | 'TB' | 'TT'}`, Two>> = {
  SMULBB: (_r, rn, rm) => bottom(rn) * bottom(rm),
  SMULBT: (_r, rn, rm) => bottom(rn) * top(rm),
  SMULTB: (_r, rn, rm) => top(rn) * bottom(rm),
  SMULTT: (_r, rn, rm) => top(rn) * top(rm),
};

const wordAndDual = {
  SMLAWB: (r, rn, rm, ra) => wrapSticky(r, wordByHalf(rn, bottom(rm)) + ra),
  SMLAWT: (r, rn, rm, ra) => wrapSticky(r, wordByHalf(rn, top(rm)) + ra),
  SMULWB: (_r, rn, rm) => wordByHalf(rn, bottom(rm)),
  SMULWT: (_r, rn, rm) => wordByHalf(rn, top(rm)),
  SMLAD: (r, rn, rm, ra) => wrapSticky(r, dualSum(rn, rm) + ra),
  SMLADX: (r, rn, rm, ra) => wrapSticky(r, dualSum(rn, swap(rm)) + ra),
  SMUAD: (r, rn, rm) => wrapSticky(r, dualSum(rn, rm)),
  SMUADX: (r, rn, rm) => wrapSticky(r, dualSum(rn, swap(rm))),
  SMLSD: (r, rn, rm, ra) => wrapSticky(r, dualDifference(rn, rm) + ra),
  SMLSDX: (r, rn, rm, ra) => wrapSticky(r, dualDifference(rn, swap(rm)) + ra),
  SMUSD: (_r, rn, rm) => dualDifference(rn, rm),
  SMUSDX: (_r, rn, rm) => dualDifference(rn, swap(rm)),
  SMMLA: (_r, rn, rm, ra) => mostSignificant(ra, product(rn, rm), false),
  SMMLAR: (_r, rn, rm, ra) => mostSignificant(ra, product(rn, rm), true),
  SMMLS: (_r, rn, rm, ra) => mostSignificant(ra, -product(rn, rm), false),
  SMMLSR: (_r, rn, rm, ra) => mostSignificant(ra, -product(rn, rm), true),
  SMMUL: (_r, rn, rm) => highProductSigned(rn, rm),
  SMMULR: (_r, rn, rm) => mostSignificant(0, product(rn, rm), true),
} as const satisfies Readonly<Record<string, Three>>;

const long = {
  UMULL: (r, low, high, rn, rm) => {
    r[high] = highProductUnsigned(rn, rm);
    r[low] = Math.imul(rn, rm);
  },
  SMULL: (r, low, high, rn, rm) => {
    r[high] = highProductSigned(rn, rm);
    r[low] = Math.imul(rn, rm);
  },
  UMLAL: (r, low, high, rn, rm) => addProduct(r, low, high, Math.imul(rn, rm), highProductUnsigned(rn, rm)),
  SMLAL: (r, low, high, rn, rm) => addProduct(r, low, high, Math.imul(rn, rm), highProductSigned(rn, rm)),
  UMAAL: (r, low, high, rn, rm) => {
    const addend = r[high]!;
    r[high] = 0;
    addProduct(r, low, high, Math.imul(rn, rm), highProductUnsigned(rn, rm));
    addProduct(r, low, high, addend, 0);
  },
  SMLALBB: (r, low, high, rn, rm) => addSmall(r, low, high, bottom(rn) * bottom(rm)),
  SMLALBT: (r, low, high, rn, rm) => addSmall(r, low, high, bottom(rn) * top(rm)),
  SMLALTB: (r, low, high, rn, rm) => addSmall(r, low, high, top(rn) * bottom(rm)),
  SMLALTT: (r, low, high, rn, rm) => addSmall(r, low, high, top(rn) * top(rm)),
  SMLALD: (r, low, high, rn, rm) => addSmall(r, low, high, dualSum(rn, rm)),
  SMLALDX: (r, low, high, rn, rm) => addSmall(r, low, high, dualSum(rn, swap(rm))),
  SMLSLD: (r, low, high, rn, rm) => addSmall(r, low, high, dualDifference(rn, rm)),
  SMLSLDX: (r, low, high, rn, rm) => addSmall(r, low, high, dualDifference(rn, swap(rm))),
} as const satisfies Readonly<Record<string, Long>>;

export const MULTIPLY_ARITHMETIC = { ...accumulateHalves, ...multiplyHalves, ...wordAndDual, ...long };
