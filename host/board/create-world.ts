/** Options → a world with its board switched on. The one place that puts chip, ROM, converter, network and faults together. */
import type { H7Part } from '../device/h7-part.js';
import { bankIndexAt } from '../device/memory-map.js';
import { StageFlashError, hex32 } from '../errors.js';
import type { LineSettings } from '../link/line-settings.js';
import type { BoardOptions } from './board-options.js';
import { Board } from './board.js';
import { Chip } from './chip/chip.js';
import { areaRegister, factoryOptionBytes, type OptionBytes } from './chip/option-bytes.js';
import type { ConnectionPaths } from './connection.js';
import { Converter } from './converter/converter.js';
import { ORDERLY_DATAGRAMS } from './converter/datagrams.js';
import type { NetworkConditions } from './converter/transit.js';
import type { CreateCore } from './cpu/core.js';
import { EventQueue } from './event-queue.js';
import { installFaults } from './faults.js';
import { loadFlashFile } from './flash-file.js';
import type { AddressArea } from './option-parsers.js';
import { Random } from './random.js';
import { currentRomVersion, findRomVersion, ROM_VERSIONS } from './rom/rom-versions.js';
import type { RomVersion } from './rom/rom-versions.js';
import { Violations } from './violations.js';
import { World } from './world.js';

/**
 * @param createCore as in ChipOptions
 * @throws StageFlashError kind `usage` for options that do not go together.
 */
export function createWorld(options: BoardOptions, createCore?: CreateCore): World {
  const random = new Random(options.seed);
  const queue = new EventQueue();
  const line: LineSettings = { baudRate: options.baud, parity: options.parity, stopBits: 1 };
  const converter = new Converter(
    {
      line,
      packingIntervalMs: options.packingInterval,
      packingLengthBytes: options.packingLength,
      bufferBytes: options.buffer,
      backPressure: options.backPressure,
    },
    queue,
    (run) => world.toBoard(run),
  );
  const world = new World(createBoard(options, random, createCore), converter, queue, networkPaths(options), random.fork('network'));
  installFaults(options.fault, { world, scheduler: queue, random: random.fork('faults') });
  if (options.flashFile !== undefined) loadFlashFile(options.flashFile, world.board.chip);
  world.board.powerOn();
  if (options.boot0 === 'pulse') world.board.boot0 = 'low';
  return world;
}

function createBoard(options: BoardOptions, random: Random, createCore: CreateCore | undefined): Board {
  const violations = new Violations(options.tolerate.includes('all') ? 'all' : options.tolerate);
  const chip = new Chip({
    ...(options.revision === undefined ? {} : { revisionId: options.revision }),
    part: options.chip,
    seed: random.fork('chip').u32(),
    violations,
    flashTiming: options.flashTiming,
    ...(createCore && { createCore }),
    optionBytes: optionBytesFrom(options),
  });
  return new Board({
    chip,
    violations,
    romVersion: romVersionOf(options),
    wiring: options.pins,
    boot0: options.boot0 === 'low' ? 'low' : 'high',
    romResetsPeripherals: options.romResets,
    ramProgramStackBytes: options.stack,
    watchdog: options.watchdog,
    random: random.fork('rom'),
  });
}

function optionBytesFrom({ bootAdd0, bootAdd1, bootCm4Add0, iwdg, rdp, chip, pcrop, secure }: BoardOptions): Partial<OptionBytes> {
  const factory = factoryOptionBytes(chip);
  return {
    bootAdd0, bootAdd1, bootCm4Add0: bootCm4Add0 ?? factory.bootCm4Add0, iwdg1Software: iwdg === 'software', ...(rdp === '1' ? { rdp: RDP_LEVEL_1 } : {}),
    prar: areasOfBanks(chip, pcrop, factory.prar), scar: areasOfBanks(chip, secure, factory.scar),
  };
}

/** @throws StageFlashError kind `usage` for an area that is not within one bank */
function areasOfBanks(part: H7Part, areas: readonly AddressArea[], none: readonly number[]): readonly number[] {
  const registers = [...none];
  for (const [first, last] of areas) {
    const bankIndex = bankIndexAt(part, first);
    if (bankIndex === undefined || bankIndexAt(part, last) !== bankIndex) throw new StageFlashError('usage', `${hex32(first)}-${hex32(last)} is not within a bank of ${part.name}`);
    const { base } = part.banks[bankIndex]!;
    registers[bankIndex] = areaRegister(first - base, last - base);
  }
  return registers;
}

/** Any value but 0xAA and 0xCC (RM0433 §4.5.3). */
const RDP_LEVEL_1 = 0x55;

function romVersionOf({ chip: { family }, bootloader }: BoardOptions): RomVersion {
  if (bootloader === undefined) return currentRomVersion(family);
  const version = findRomVersion(family, bootloader);
  if (version !== undefined) return version;
  const valid = ROM_VERSIONS.filter((row) => row.family === family).map((row) => `0x${row.bootloaderId.toString(16)}`);
  throw new StageFlashError('usage', `there is no ROM bootloader 0x${bootloader.toString(16)} in the ${family} family`, {
    hint: `Valid: ${valid.join(', ')}.`,
  });
}

/** The way is as long in both directions; only its rates differ. */
function networkPaths(options: BoardOptions): ConnectionPaths {
  const common: Omit<NetworkConditions, 'bitsPerSecond'> = {
    delayMs: options.rtt / 2,
    jitterMs: options.jitter / 2,
    lossRate: options.loss,
    segmentBytes: options.segmentLength,
    ...(options.outage === undefined ? {} : { outage: options.outage }),
  };
  return {
    uplink: { ...common, bitsPerSecond: options.uplink },
    downlink: { ...common, bitsPerSecond: options.downlink },
    datagrams: options.transport === 'udp' ? ORDERLY_DATAGRAMS : undefined,
  };
}
