/**
 * How long a plan will take, before it runs: wire, window and both banks side by side, as the stub works through a stream. Pure arithmetic
 * on typical times of the datasheet; a worn flash takes longer, a lossy line too.
 */
import type { Sector } from '../device/memory-map.js';
import type { Plan } from './plan.js';
import type { UpdateStep } from './update-schedule.js';

export interface LineFacts {
  /** Of one character on the line. */
  readonly secondsPerByte: number;
  readonly roundTripSeconds: number;
}

/** What a stream needs of the wire and of the stub. */
export interface StreamFacts {
  /** With frames and all. */
  readonly wireBytes: number;
  /** How far the host may run ahead of what is executed. */
  readonly windowBytes: number;
  readonly isPacked: boolean;
  /** For an update in place: what is erased when. */
  readonly steps?: readonly UpdateStep[];
}

/** The stub's CRC-32 takes four and a quarter instructions a byte at 64 MHz. PROVE and DIGEST read every touched sector once each. */
const DIGEST_SECONDS_PER_BYTE = 2 * (4.25 / 64e6);
/** Unpacking takes some 300 instructions for each packed byte (measured on the engine); half of them pass while the flash programs … */
const UNPACK_SECONDS_PER_BYTE = 0.5 * (300 / 64e6);
/** … and where two banks are written, what is unpacked for one is copied from the other, which is erasing (measured on real firmware). */
const WAIT_SECONDS_PER_BYTE = 1.25 * (300 / 64e6);
/** Copying and relocating takes some 40 instructions a byte, of which most pass while the flash programs. */
const COPY_SECONDS_PER_BYTE = 10 / 64e6;
/** PROGRESS goes out so often when data come. */
const REPORT_SECONDS = 0.05;

/** From the first byte of the stream to the answer that proves the flash. */
export function streamSeconds(plan: Plan, stream: StreamFacts, line: LineFacts): number {
  const digestSeconds = plan.sectors.reduce((sum, { sector }) => sum + sector.lengthBytes, 0) * DIGEST_SECONDS_PER_BYTE;
  const seconds = stream.steps ? updateSeconds(plan, stream, stream.steps, line) : flashSeconds(plan, stream, line);
  return seconds + digestSeconds + line.roundTripSeconds;
}

/**
 * From the first byte of the stream to the last flash word. The script goes from sector to sector; each bank erases the sectors on its
 * list whenever nothing is to be programmed there; the host stops when the window is full, and hears a round trip later that it is not.
 */
function flashSeconds(plan: Plan, stream: StreamFacts, line: LineFacts): number {
  const [vectorSector, ...others] = plan.erases;
  const wireSeconds = stream.wireBytes * line.secondsPerByte;
  if (vectorSector === undefined) return wireSeconds;
  const eraseSeconds = plan.part.flashTiming.x64.sectorEraseMs.typical / 1000;
  const due = plan.part.banks.map((_, bank) => others.filter(({ bankIndex }) => bankIndex === bank));
  // Everything else waits for the vector's erase.
  const bankFreeAt = plan.part.banks.map(() => eraseSeconds);
  let scriptAt = eraseSeconds;
  let wireAt = 0;
  for (const { sector, bytes, programSeconds } of works(plan, stream)) {
    const bank = sector.bankIndex;
    const list = due[bank]!;
    while (list.length > 0 && (bankFreeAt[bank]! < Math.max(scriptAt, wireAt) || list.includes(sector))) {
      list.shift();
      bankFreeAt[bank]! += eraseSeconds;
    }
    const startAt = Math.max(scriptAt, wireAt, bankFreeAt[bank]!);
    wireAt += bytes * line.secondsPerByte;
    // What the window could not hold comes when the programming has begun, and the host has heard of it.
    const behindWindow = bytes - stream.windowBytes;
    if (behindWindow > 0) wireAt = Math.max(wireAt, startAt + line.roundTripSeconds + REPORT_SECONDS + behindWindow * line.secondsPerByte);
    scriptAt = bankFreeAt[bank] = Math.max(startAt + programSeconds, wireAt);
  }
  return Math.max(wireSeconds, scriptAt, ...bankFreeAt.map((freeAt, bank) => freeAt + due[bank]!.length * eraseSeconds));
}

/** The same for an update in place: a sector is copied when its bank is idle, and erased while the one before it is programmed. */
function updateSeconds(plan: Plan, stream: StreamFacts, steps: readonly UpdateStep[], line: LineFacts): number {
  const { sectorEraseMs, wordProgramUs } = plan.part.flashTiming.x64;
  const eraseSeconds = sectorEraseMs.typical / 1000;
  const secondsFor = (bytes: number): number => (bytes / plan.part.flashWordBytes) * (wordProgramUs.typical / 1e6 + COPY_SECONDS_PER_BYTE * plan.part.flashWordBytes);
  const bankFreeAt = plan.part.banks.map(() => 0);
  let scriptAt = plan.kept ? eraseSeconds + secondsFor(plan.kept.sector.lengthBytes) : 0;
  let wireAt = 0;
  for (const { sector, keeps } of steps) {
    for (const kept of keeps) {
      scriptAt = Math.max(scriptAt, bankFreeAt[kept.sector.bankIndex]!);
      bankFreeAt[kept.sector.bankIndex] = scriptAt + eraseSeconds;
      if (kept.sector === plan.erases[0]) scriptAt += eraseSeconds;
    }
    wireAt += (stream.wireBytes / steps.length) * line.secondsPerByte;
    scriptAt = bankFreeAt[sector.bankIndex] = Math.max(scriptAt, wireAt, bankFreeAt[sector.bankIndex]!) + secondsFor(sentBytes(plan, sector));
  }
  return Math.max(scriptAt, ...bankFreeAt);
}

interface SectorWork {
  readonly sector: Sector;
  /** On the wire. */
  readonly bytes: number;
  readonly programSeconds: number;
}

/** The bytes of the stream spread evenly over what they program. */
function works(plan: Plan, { wireBytes, isPacked }: StreamFacts): SectorWork[] {
  const wordSeconds = plan.part.flashTiming.x64.wordProgramUs.typical / 1e6;
  const sent = plan.erases.map((sector) => ({ sector, programmed: sentBytes(plan, sector) }));
  const totalBytes = Math.max(1, sent.reduce((sum, { programmed }) => sum + programmed, 0));
  const areBothBanks = new Set(sent.map(({ sector }) => sector.bankIndex)).size > 1;
  const unpackSeconds = isPacked ? UNPACK_SECONDS_PER_BYTE + (areBothBanks ? WAIT_SECONDS_PER_BYTE : 0) : 0;
  return sent.map(({ sector, programmed }) => {
    const isKept = plan.kept?.sector.number === sector.number;
    const bytes = (programmed / totalBytes) * wireBytes;
    const words = (isKept ? plan.kept.sector.lengthBytes : programmed) / plan.part.flashWordBytes;
    return { sector, bytes, programSeconds: words * wordSeconds + bytes * unpackSeconds };
  });
}

/** What is programmed in a sector from the stream, the vector's flash word aside. */
export function sentBytes(plan: Plan, sector: Sector): number {
  return plan.writes.reduce((sum, { address, bytes }) => sum + (address >= sector.base && address < sector.base + sector.lengthBytes ? bytes.length : 0), 0);
}
