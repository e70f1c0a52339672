/**
 * What a ROM bootloader would make of bytes that are not meant for it. A board that is reset while content comes measures a bit rate on two falling edges of
 * it (AN2606, note on USART detection), begins with whichever bit is low then, and takes what it reads at that rate for commands: bytes that are harmless at
 * the rate of the line may lock the chip at six eighths of it. So no frame carries, from any falling edge on and at any such rate, a command that harms.
 */

/** AN3155 §3: what locks, unlocks or erases an H7, each followed by its complement. */
const OPCODES = [0x44, 0x63, 0x73, 0x82, 0x92] as const;
/**
 * Eight bits are measured as the time from the first falling edge to the second; so many bits of the line may be in it. Of fewer than six a reader makes no
 * byte in which a single bit differs from both its neighbours; more than fourteen are as rare as chance itself.
 */
const MEASURED_BITS = { least: 6, most: 14 } as const;

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
  readonly complement: Pattern;
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
    for (const { opcode, complement, lengthBits } of COMMANDS_BY_FIRST_BITS[window & FIRST_BITS]!) {
      if ((window & opcode.care) !== opcode.levels) continue;
      if ((levelsFrom(line, nextFall(falls, at + lengthBits)) & complement.care) === complement.levels) return true;
    }
  }
  return false;
}

function commandsByFirstBits(): Command[][] {
  const commands: Command[] = [];
  for (let measuredBits: number = MEASURED_BITS.least; measuredBits <= MEASURED_BITS.most; measuredBits++) {
    const romBit = measuredBits / 8;
    for (const opcode of OPCODES) commands.push({ opcode: patternOf(opcode, romBit), complement: patternOf(opcode ^ 0xff, romBit), lengthBits: Math.ceil((CHARACTER_BITS - 0.5) * romBit) });
  }
  return Array.from({ length: FIRST_BITS + 1 }, (_, first) => commands.filter(({ opcode }) => ((first ^ opcode.levels) & opcode.care & FIRST_BITS) === 0));
}

function patternOf(byte: number, romBit: number): Pattern {
  const character = CHARACTERS[byte]!;
  let care = 0;
  let levels = 0;
  for (let bit = 0; bit < CHARACTER_BITS; bit++) {
    const place = Math.floor((bit + 0.5) * romBit);
    care |= 1 << place;
    levels |= ((character >> bit) & 1) << place;
  }
  return { care, levels };
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
