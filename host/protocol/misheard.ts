/**
 * What a ROM bootloader would make of bytes that are not meant for it. A board that is reset while content comes measures a bit rate on two falling edges of
 * it (AN2606, note on USART detection), begins with whichever bit is low then, and takes what it reads at that rate for commands: bytes that are harmless at
 * the rate of the line may lock the chip at six eighths of it. So frames get masks with which no falling edge begins such a command, at any such rate.
 */

/**
 * AN3155 §3: what locks or unlocks an H7 as soon as its complement follows: Write Unprotect, Readout Protect, Readout Unprotect. The others that harm want a
 * count, sectors and a checksum behind it.
 */
const OPCODES = [0x73, 0x82, 0x92] as const;
/**
 * Eight bits are measured as the time from the first falling edge to the second; so many bits of the line may be in it. Of fewer than six a reader makes no
 * byte in which a single bit differs from both its neighbours; more than fourteen are as rare as chance itself.
 */
const MEASURED_BITS = { least: 6, most: 14 } as const;

/**
 * When a bit is looked at, in bits after the edge: in its middle, or as a USART does that takes sixteen samples of a bit, believes the eighth to the tenth, and
 * sees the edge up to one of them late (RM0433 §48.5.6).
 */
const MOMENTS = [0.5, 9.5 / 16] as const;

/** 8E1, least significant bit first: start, eight bits, parity, stop. */
const CHARACTER_BITS = 11;

/** The eleven bits of each byte, the first lowest. */
const CHARACTERS = Uint16Array.from({ length: 256 }, (_, byte) => {
  let parity = 0;
  for (let bit = 0; bit < 8; bit++) parity ^= (byte >> bit) & 1;
  return (byte << 1) | (parity << 9) | (1 << 10);
});

/** Levels at the moments at which a reader looks; a window is 32 bits of the line from a falling edge on, the first of them lowest. */
interface Pattern {
  readonly care: number;
  readonly levels: number;
}

/** A command at one rate: the opcode, and its complement behind the next falling edge. */
interface Command {
  readonly opcode: Pattern;
  readonly complements: readonly Pattern[];
  /** From its falling edge to the middle of its stop bit, in bits of the line. */
  readonly lengthBits: number;
}

/** The commands whose opcode may begin with given bits: most windows are no command's beginning. */
const FIRST_BITS = 2 ** 12 - 1;
const COMMANDS_BY_FIRST_BITS: readonly (readonly Command[])[] = commandsByFirstBits();

/** Does a reader find a harmful command that begins with a falling edge in byte `from` or behind it? The line is high before and after. */
export function isMisheard(bytes: Uint8Array, from = 0): boolean {
  const line = lineLevels(bytes.subarray(from));
  const falls = fallsOf(line);
  const bits = (bytes.length - from) * CHARACTER_BITS;
  for (let at = nextFall(falls, 0); at < bits; at = nextFall(falls, at + 1)) {
    const window = levelsFrom(line, at);
    for (const { opcode, complements, lengthBits } of COMMANDS_BY_FIRST_BITS[window & FIRST_BITS]!) {
      if ((window & opcode.care) !== opcode.levels) continue;
      const behind = levelsFrom(line, nextFall(falls, at + lengthBits));
      if (complements.some(({ care, levels }) => (behind & care) === levels)) return true;
    }
  }
  return false;
}

function commandsByFirstBits(): Command[][] {
  const commands: Command[] = [];
  for (let measuredBits: number = MEASURED_BITS.least; measuredBits <= MEASURED_BITS.most; measuredBits++) {
    const romBit = measuredBits / 8;
    const lengthBits = Math.ceil((CHARACTER_BITS - 0.5) * romBit);
    for (const opcode of OPCODES) {
      const complements = patternsOf(opcode ^ 0xff, romBit);
      if (complements.length > 0) commands.push(...patternsOf(opcode, romBit).map((pattern) => ({ opcode: pattern, complements, lengthBits })));
    }
  }
  return Array.from({ length: FIRST_BITS + 1 }, (_, first) => commands.filter(({ opcode }) => ((first ^ opcode.levels) & opcode.care & FIRST_BITS) === 0));
}

/** One for each moment, if another one; none where two bits of the byte that differ are looked at in the same bit of the line. */
function patternsOf(byte: number, romBit: number): Pattern[] {
  const patterns: Pattern[] = [];
  for (const moment of MOMENTS) {
    const [ones, zeros] = [placesOf(byte, 1, romBit, moment), placesOf(byte, 0, romBit, moment)];
    const isNew = patterns.every(({ care, levels }) => care !== (ones | zeros) || levels !== ones);
    if ((ones & zeros) === 0 && isNew) patterns.push({ care: ones | zeros, levels: ones });
  }
  return patterns;
}

/** Where on the line the bits of this level are looked at. */
function placesOf(byte: number, level: 0 | 1, romBit: number, moment: number): number {
  let places = 0;
  for (let bit = 0; bit < CHARACTER_BITS; bit++) {
    if (((CHARACTERS[byte]! >> bit) & 1) === level) places |= 1 << Math.floor((bit + moment) * romBit);
  }
  return places;
}

/** The line as bits, the first lowest; behind the bytes it is high. */
function lineLevels(bytes: Uint8Array): Uint32Array {
  const line = new Uint32Array(Math.ceil((bytes.length * CHARACTER_BITS) / 32) + 3).fill(0xffff_ffff);
  let at = 0;
  for (const byte of bytes) {
    const low = ~CHARACTERS[byte]! & (2 ** CHARACTER_BITS - 1);
    const shift = at & 31;
    line[at >> 5]! &= ~(low << shift);
    if (shift > 32 - CHARACTER_BITS) line[(at >> 5) + 1]! &= ~(low >>> (32 - shift));
    at += CHARACTER_BITS;
  }
  return line;
}

/** 32 bits of the line. */
function levelsFrom(line: Uint32Array, at: number): number {
  const shift = at & 31;
  const low = line[at >> 5] ?? 0xffff_ffff;
  return shift === 0 ? low | 0 : (low >>> shift) | ((line[(at >> 5) + 1] ?? 0xffff_ffff) << (32 - shift));
}

/** A bit for each low one behind a high one. */
function fallsOf(line: Uint32Array): Uint32Array {
  return line.map((bits, index) => ~bits & ((bits << 1) | (index === 0 ? 1 : line[index - 1]! >>> 31)));
}

/** The first at `at` or behind it; behind the end where there is none. */
function nextFall(falls: Uint32Array, at: number): number {
  let index = at >> 5;
  for (let left = (falls[index] ?? 0) & (-1 << (at & 31)); index < falls.length; left = falls[++index] ?? 0) {
    if (left !== 0) return index * 32 + 31 - Math.clz32(left & -left);
  }
  return falls.length * 32;
}
