/**
 * What a core did, in order and in numbers: its accesses beyond plain memory, and where each slice of time left it. The first run writes
 * a transcript; the second is held against it step by step and fails at the first step that differs.
 */
import type { Bus } from '../../../../host/board/cpu/bus.js';
import type { Tick } from '../../../../host/board/time.js';

export interface Access {
  readonly direction: 'read' | 'write';
  readonly address: number;
  readonly size: number;
  readonly value: number;
  readonly tick: Tick;
  /** The instruction that does it. */
  readonly pc: number;
}

/** One stretch of `run`. */
export interface Slice {
  readonly untilTick: Tick;
  /** Where it ended, rarely just there. */
  readonly endTick: Tick;
  /** R0-R12, SP, LR, PC, xPSR at its end. */
  readonly registers: readonly number[];
}

/** `bus` with somebody looking on. */
export function watched(bus: Bus, pc: () => number, onAccess: (access: Access) => void): Bus {
  return {
    read: (address, size, tick) => {
      const value = bus.read(address, size, tick) >>> 0;
      onAccess({ direction: 'read', address, size, value, tick, pc: pc() >>> 0 });
      return value;
    },
    write: (address, size, value, tick) => {
      onAccess({ direction: 'write', address, size, value: value >>> 0, tick, pc: pc() >>> 0 });
      bus.write(address, size, value, tick);
    },
  };
}

const ACCESS_NUMBERS = 5;
const WRITE = 8;
/** Accesses shown up to the one that differs. */
const CONTEXT = 12;

export class Transcript {
  readonly slices: Slice[] = [];
  /** Direction and size, address, value, tick, PC of each: there are too many for objects. */
  readonly #accesses: number[] = [];

  get accessCount(): number {
    return this.#accesses.length / ACCESS_NUMBERS;
  }

  add({ direction, size, address, value, tick, pc }: Access): void {
    this.#accesses.push((direction === 'write' ? WRITE : 0) | size, address, value, tick, pc);
  }

  access(at: number): Access | undefined {
    const [code, address, value, tick, pc] = this.#accesses.slice(at * ACCESS_NUMBERS, (at + 1) * ACCESS_NUMBERS);
    if (code === undefined || address === undefined || value === undefined || tick === undefined || pc === undefined) return undefined;
    return { direction: (code & WRITE) === 0 ? 'read' : 'write', size: code & ~WRITE, address, value, tick, pc };
  }

  /** The instructions that did accesses. */
  accessing(): ReadonlySet<number> {
    const pcs = new Set<number>();
    for (let at = ACCESS_NUMBERS - 1; at < this.#accesses.length; at += ACCESS_NUMBERS) pcs.add(this.#accesses[at]!);
    return pcs;
  }

  /** The instructions before which slices ended. */
  stopping(): ReadonlySet<number> {
    return new Set(this.slices.map(({ registers }) => registers[15]!));
  }

  /** The accesses up to one of them, in words. */
  describe(last: number): string {
    const first = Math.max(0, last + 1 - CONTEXT);
    return Array.from({ length: last + 1 - first }, (_, at) => describeAccess(this.access(first + at))).join('\n');
  }
}

/** A second run, held against the transcript of the first. */
export class TranscriptReader {
  readonly transcript: Transcript;
  accessCount = 0;
  sliceCount = 0;

  constructor(transcript: Transcript) {
    this.transcript = transcript;
  }

  /** @throws Error with both accesses and what led there. */
  checkAccess(access: Access): void {
    const expected = this.transcript.access(this.accessCount);
    const isSame =
      expected !== undefined && expected.direction === access.direction && expected.address === access.address && expected.size === access.size &&
      expected.value === access.value && expected.tick === access.tick && expected.pc === access.pc;
    if (!isSame) throw new Error(`access ${this.accessCount} is\n${describeAccess(access)}\nThe transcript has, last:\n${this.transcript.describe(this.accessCount)}`);
    this.accessCount++;
  }

  /** Where the next slice ended in the transcript. @throws Error when that was another slice. */
  endOfSlice(untilTick: Tick): Tick {
    const expected = this.transcript.slices[this.sliceCount];
    if (expected?.untilTick !== untilTick) throw new Error(`slice ${this.sliceCount} is to reach tick ${untilTick}, in the transcript ${expected?.untilTick}`);
    return expected.endTick;
  }

  /** @throws Error when the slice has ended at another time or with other registers. */
  checkSlice({ endTick, registers }: Pick<Slice, 'endTick' | 'registers'>): void {
    const expected = this.transcript.slices[this.sliceCount];
    const numbers = [endTick, ...registers];
    const differing = [expected?.endTick, ...(expected?.registers ?? [])].flatMap((value, at) =>
      value === numbers[at] ? [] : [`${at === 0 ? 'tick' : `register ${at - 1}`} ${numbers[at]} in place of ${value}`],
    );
    if (differing.length > 0) {
      throw new Error(`slice ${this.sliceCount} ends with ${differing.join(', ')}; before it:\n${this.transcript.describe(this.accessCount - 1)}`);
    }
    this.sliceCount++;
  }
}

function describeAccess(access: Access | undefined): string {
  if (access === undefined) return 'nothing';
  const { direction, address, size, value, tick, pc } = access;
  return `${direction} of ${size} at 0x${address.toString(16)}: 0x${value.toString(16)}, tick ${tick}, pc 0x${pc.toString(16)}`;
}
