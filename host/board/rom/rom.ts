/**
 * The ROM bootloader on the line: it listens on the RX pins of its USARTs until one of them brings a measurable first frame, then
 * speaks AN3155 there and nowhere else until a jump or a reset. While it runs, the core of the chip does not.
 *
 * This file is its USART and its clock; what it says is in session.ts and the commands.
 */
import { LineWaveform } from '../chip/usart-waveform.js';
import type { LineRun } from '../serial-line.js';
import { characterTicks } from '../serial-line.js';
import type { Character } from '../line-decoder.js';
import { LineDecoder } from '../line-decoder.js';
import type { Tick } from '../time.js';
import { msToTicks, TICKS_PER_SECOND } from '../time.js';
import type { BaudMeasure } from './auto-baud.js';
import { isInRange, measureBaud } from './auto-baud.js';
import type { RomChip } from './rom-memory.js';
import { RomMemory } from './rom-memory.js';
import { RomWatchdog } from './rom-watchdog.js';
import type { RomExit, RomProgram, Wait } from './rom-program.js';
import type { RomPort, RomVersion } from './rom-versions.js';
import { romSession } from './session.js';

/** The line that the ROM has chosen, for whoever looks in from outside. */
export interface RomLine {
  readonly port: RomPort;
  /** Divider of the 64 MHz kernel clock. */
  readonly brr: number;
}

/** AN3155 §1: total deviation between host and device. */
const RATE_TOLERANCE = 0.025;

export class Rom {
  readonly version: RomVersion;
  /** The program's own time: never later than the time up to which it was run. */
  tick: Tick = 0;
  line: RomLine | undefined;
  /** Characters that came while the program was busy and RDR was full. */
  lostCharacters = 0;
  /** A fault: see RomMemory. Read at each start. */
  refusesTwice = false;
  onLineOut: (txPin: string, run: LineRun) => void = () => undefined;

  readonly #chip: RomChip;
  readonly #watchdog: RomWatchdog;
  #program: RomProgram<RomExit> | undefined;
  #wait: Wait = { kind: 'synchronisation' };
  #dueTick: Tick = 0;
  #waveforms = new Map<string, LineWaveform>();
  #decoder: LineDecoder | undefined;
  /** The port listens from here on. */
  #armedTick = new Map<string, Tick>();
  #isFirstOnWeakPort = true;

  constructor(version: RomVersion, chip: RomChip) {
    this.version = version;
    this.#chip = chip;
    this.#watchdog = new RomWatchdog(chip);
  }

  get isSending(): boolean {
    return this.#program !== undefined && this.#wait.kind === 'send';
  }

  /** Reset has ended at `tick` and the boot address was the system memory. */
  start(tick: Tick): void {
    this.tick = tick;
    this.#watchdog.slowDown(tick);
    this.line = undefined;
    this.#decoder = undefined;
    const listensFrom = tick + msToTicks(this.version.startUpMs);
    this.#waveforms = new Map(this.version.ports.map(({ rx }) => [rx, new LineWaveform()]));
    this.#armedTick = new Map(this.version.ports.map(({ rx }) => [rx, listensFrom]));
    this.#isFirstOnWeakPort = true;
    this.#program = romSession(new RomMemory(this.version, this.#chip, () => this.tick, this.refusesTwice));
    this.#proceed(undefined);
  }

  stop(): void {
    this.#program = undefined;
    this.#waveforms.clear();
  }

  /** A jump follows: whatever else was reset before it, a watchdog that runs stays slow, and has just been fed. */
  leaveWatchdog(tick: Tick): void {
    this.#watchdog.slowDown(tick);
  }

  lineIn(rxPin: string, run: LineRun): void {
    this.#waveforms.get(rxPin)?.add(run);
  }

  /**
   * Runs until `untilTick`; returns early, with `tick` set, when it has ended and before every wait for time to pass: what it did just
   * then, a character sent or an erase begun, may be an event for the world around it.
   */
  run(untilTick: Tick): RomExit | undefined {
    const exit = this.#runProgram(Math.min(untilTick, this.#watchdog.nextFeedTick));
    if (this.tick >= this.#watchdog.nextFeedTick) this.#watchdog.feed(this.tick);
    return exit;
  }

  #runProgram(untilTick: Tick): RomExit | undefined {
    while (this.#program !== undefined) {
      const satisfied = this.#satisfy(untilTick);
      if (satisfied === undefined) {
        this.tick = untilTick;
        return undefined;
      }
      const exit = this.#proceed(satisfied.character);
      if (exit !== undefined || this.#wait.kind !== 'character') return exit;
    }
    return undefined;
  }

  #proceed(character: Character | undefined): RomExit | undefined {
    const step = this.#program?.next(character);
    if (step === undefined) return undefined;
    if (step.done === true) {
      this.#program = undefined;
      return step.value;
    }
    this.#wait = step.value;
    if (step.value.kind === 'ticks') this.#dueTick = this.tick + step.value.ticks;
    if (step.value.kind === 'send') this.#dueTick = this.#transmit(step.value.bytes);
    return undefined;
  }

  /** Has what the program waits for happened by `untilTick`? Then its time goes on to that moment. */
  #satisfy(untilTick: Tick): { readonly character?: Character } | undefined {
    switch (this.#wait.kind) {
      case 'synchronisation':
        return this.#synchronise(untilTick);
      case 'character':
        return this.#receive(untilTick);
      case 'ticks':
      case 'send':
        if (this.#dueTick > untilTick) return undefined;
        this.tick = this.#dueTick;
        return {};
    }
  }

  #synchronise(untilTick: Tick): Record<string, never> | undefined {
    for (const port of this.version.ports) {
      const waveform = this.#waveforms.get(port.rx);
      if (waveform === undefined) continue;
      const measure = measureBaud(waveform, this.#armedTick.get(port.rx) ?? Infinity);
      if (measure === undefined || measure.knownTick > untilTick) continue;
      if (!isInRange(measure) || this.#isIgnored(port, measure)) {
        this.#armedTick.set(port.rx, measure.knownTick + 3 * measure.brr);
        return this.#synchronise(untilTick);
      }
      this.tick = Math.max(this.tick, measure.knownTick);
      this.line = { port, brr: measure.brr };
      const settings = { baudRate: TICKS_PER_SECOND / measure.brr, parity: 'even', stopBits: 1 } as const;
      this.#decoder = new LineDecoder(settings, measure.startTick, waveform);
      return {};
    }
    return undefined;
  }

  #isIgnored({ rx }: RomPort, { brr }: BaudMeasure): boolean {
    const { weakPort } = this.version;
    if (weakPort?.rx !== rx) return false;
    if (TICKS_PER_SECOND / brr > weakPort.maxBaudRate * (1 + RATE_TOLERANCE)) return true;
    const isFirst = this.#isFirstOnWeakPort;
    this.#isFirstOnWeakPort = false;
    return isFirst;
  }

  /**
   * The next character. Whether the ROM uses the USART's FIFO is not known, so it has the data register only: of what completes while
   * the program is busy, the first waits there and the rest is lost (RM0433 §48.5.6, overrun).
   */
  #receive(untilTick: Tick): { readonly character: Character } | undefined {
    const character = this.#decoder?.next(untilTick);
    if (character === undefined) return undefined;
    if (character.endTick <= this.tick) {
      while (this.#decoder?.next(this.tick) !== undefined) this.lostCharacters++;
    } else {
      this.tick = character.endTick;
    }
    return { character };
  }

  /** @returns when the last stop bit ends. */
  #transmit(bytes: Uint8Array): Tick {
    if (this.line === undefined) throw new TypeError('the ROM has no line to send on');
    const format = { baudRate: TICKS_PER_SECOND / this.line.brr, parity: 'even', stopBits: 1 } as const;
    this.onLineOut(this.line.port.tx, { bytes, startTick: this.tick, format });
    return this.tick + bytes.length * characterTicks(format);
  }
}
