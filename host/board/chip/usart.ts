/**
 * A USART of the STM32H7 (RM0433 §48): its registers, and what ties receiver, buffers, transmitter and DMA requests to them.
 *
 * It is lazy, and it asks for clocks and pins once. So the chip must call `sync` before it changes what a clock or a pin is: what
 * the USART then catches up with happened under the old state, and afterwards it asks anew.
 */
import type { LineSettings } from '../../link/line-settings.js';
import type { AccessSize } from '../cpu/bus.js';
import type { Random } from '../random.js';
import type { LineRun } from '../serial-line.js';
import type { Tick } from '../time.js';
import type { DmaRequestLine, DmaRouter, DmaServer } from './dma-request.js';
import type { ChipServices, Peripheral } from './peripheral.js';
import { narrowRead } from './register-access.js';
import type { SerialViolationName } from './serial-violations.js';
import { reportSerial } from './serial-violations.js';
import { UsartPins } from './usart-pins.js';
import { UsartReceiver } from './usart-receiver.js';
import { UsartReception } from './usart-reception.js';
import { UsartRegisterFile } from './usart-register-file.js';
import type { UsartName } from './usart-registers.js';
import { CLEARABLE, CR1, CR2, CR3, ISR, RQR, USART, USARTS } from './usart-registers.js';
import type { UsartSettings } from './usart-settings.js';
import { statusWord } from './usart-status.js';
import type { UsartOptions } from './usart-surroundings.js';
import { UsartSurroundings } from './usart-surroundings.js';
import { UsartTransmitter } from './usart-transmitter.js';

export type { UsartOptions, UsartPin } from './usart-surroundings.js';

/** Due at the next look, whenever that is: something around the USART is not what it was. */
const NEWS = -Infinity;

export class Usart implements Peripheral {
  readonly name: UsartName;
  readonly rxRequest: DmaRequestLine;
  readonly txRequest: DmaRequestLine;
  /** Who hears what leaves `pin`: characters whose stop bit has ended. */
  onLineOut: (pin: string, run: LineRun) => void = () => undefined;

  readonly #services: ChipServices;
  readonly #surroundings: UsartSurroundings;
  readonly #pins: UsartPins;
  readonly #registers: UsartRegisterFile;
  readonly #receiver: UsartReceiver;
  readonly #reception: UsartReception;
  readonly #transmitter: UsartTransmitter;
  #router: DmaRouter | undefined;
  #syncedTo: Tick = 0;
  /** When the next thing happens by itself; undefined: not known. */
  #due: Tick | undefined;

  constructor(options: UsartOptions) {
    this.name = options.name;
    this.#services = options.services;
    this.#surroundings = new UsartSurroundings(options);
    this.#pins = new UsartPins(this.#surroundings, (name, message, tick) => this.#report(name, message, tick));
    this.#registers = new UsartRegisterFile(options.name, options.services.violations);
    const { base, rxRequest, txRequest } = USARTS[options.name];
    this.rxRequest = this.#requestLine(rxRequest, 'RX', base + USART.RDR, CR3.DMAR);
    this.txRequest = this.#requestLine(txRequest, 'TX', base + USART.TDR, CR3.DMAT);
    this.#reception = new UsartReception({
      name: this.name,
      violations: this.#services.violations,
      registers: this.#registers,
      server: () => this.#serverOf(this.rxRequest),
    });
    this.#receiver = new UsartReceiver(
      {
        name: this.name,
        violations: this.#services.violations,
        settings: () => this.#settings(),
        settingsAt: (divider) => this.#registers.settingsAt(divider, this.#surroundings.kernelHz),
        setDivider: (divider, tick) => this.#setDivider(divider, tick),
        receiveClean: (run, first, count) => this.#reception.receiveClean(run, first, count),
        receiveSampled: (word, errors, tick) => this.#reception.receive(word, errors, tick),
      },
      options.rxPins.map(({ pin }) => pin),
    );
    this.#transmitter = new UsartTransmitter({
      settings: () => this.#settings(),
      begin: () => this.#services.yieldSoon(),
      fetch: (tick) => this.#serverOf(this.txRequest)?.load(tick),
      emit: (bytes, startTick, format) => this.#emit(bytes, startTick, format),
      refuse: (tick) => this.#report('usart-unsupported-mode', 'a frame that the line cannot carry is to be sent', tick),
    });
  }

  /** As of the last look: something is on its way to the line. */
  get isSending(): boolean {
    return this.#transmitter.isSending;
  }

  /** Called once, by `Dmamux.connect`. */
  connect(router: DmaRouter): void {
    this.#router = router;
  }

  /** What arrives on `pin`; to be handed over before time passes its start. */
  lineIn(pin: string, run: LineRun): void {
    this.#receiver.lineIn(pin, run);
    this.#due = NEWS;
  }

  /** Catches up to `tick`. Until something is due, time passes without a trace. */
  catchUp(tick: Tick): void {
    const due = this.#nextDue();
    if (due === NEWS) this.#serve(tick);
    else if (tick >= due) this.#advance(tick);
  }

  /** Clocks or pins are about to change: catches up under those of before, and lets go of them. */
  sync(tick: Tick): void {
    this.#advance(tick);
    this.#surroundings.forget();
    this.#due = NEWS;
  }

  nextChange(tick: Tick): Tick {
    this.catchUp(tick);
    return this.#nextDue();
  }

  /** The same where DMA moves all characters: what a program or the world could wait for is the end of what arrives, and what leaves. */
  nextMessage(tick: Tick): Tick {
    this.catchUp(tick);
    return Math.min(this.#receiver.nextSilence(tick), this.#transmitter.next());
  }

  read(offset: number, size: AccessSize, tick: Tick): number {
    this.catchUp(tick);
    const word = this.#readWord(offset & ~3, tick);
    return narrowRead(word, offset, size);
  }

  write(offset: number, size: AccessSize, value: number, tick: Tick): void {
    this.#advance(tick);
    if (size !== 4) this.#report('usart-narrow-write', `${size} byte(s) written at +0x${offset.toString(16)}`, tick);
    switch (offset) {
      case USART.CR1: this.#writeCr1(value, tick); break;
      case USART.CR2: this.#writeCr2(value, tick); break;
      case USART.CR3: this.#writeCr3(value, tick); break;
      case USART.RQR: this.#request(value, tick); break;
      case USART.ICR: this.#clearFlags(value); break;
      case USART.TDR: this.#writeTdr(value, tick); break;
      default: this.#registers.write(offset, value, tick);
    }
    this.#serve(tick);
  }

  reset(): void {
    this.#registers.reset();
    this.#clearState();
  }

  scramble(random: Random): void {
    this.#registers.scramble(random);
    this.#clearState();
    if (!this.#registers.isEnabled) return;
    this.#receiver.listenFrom(this.#syncedTo);
    this.#receiver.arm(this.#registers.autobaudMode, this.#syncedTo);
    for (let left = random.below(3); left > 0; left--) this.#reception.buffer.push(random.below(0x100), random.u32() & (ISR.PE | ISR.FE | ISR.NE));
    this.#reception.buffer.flags |= random.u32() & ISR.ORE;
    this.#receiver.flags |= random.u32() & (ISR.IDLE | ISR.RTOF);
  }

  #requestLine(id: number, direction: 'RX' | 'TX', registerAddress: number, enableBit: number): DmaRequestLine {
    return {
      id,
      name: `${this.name}_${direction}`,
      registerAddress,
      direction: direction === 'RX' ? 'peripheral-to-memory' : 'memory-to-peripheral',
      isEnabled: () => this.#registers.has(USART.CR3, enableBit) && this.#surroundings.isClocked,
      catchUp: (tick) => this.catchUp(tick),
      serve: (tick) => this.#serve(tick),
    };
  }

  #settings(): UsartSettings {
    return this.#registers.settings(this.#surroundings.kernelHz);
  }

  #nextDue(): Tick {
    this.#due ??= Math.min(this.#receiver.next(), this.#transmitter.next());
    return this.#due;
  }

  #advance(tick: Tick): void {
    this.#due = undefined;
    this.#syncedTo = Math.max(this.#syncedTo, tick);
    const isAlive = this.#isAlive;
    const isListening = isAlive && this.#registers.has(USART.CR1, CR1.RE);
    this.#receiver.advance(tick, isListening ? this.#pins.listening(tick) : undefined);
    if (isAlive) this.#reception.drain(tick);
    if (isAlive && this.#registers.has(USART.CR1, CR1.TE)) this.#transmitter.advance(tick);
    else if (this.#transmitter.isSending) this.#cutTransmission(tick);
  }

  /** Registers, routes, clocks or pins are not what they were: what waits is moved now. */
  #serve(tick: Tick): void {
    this.#advance(tick);
    if (this.#isAlive && this.#registers.has(USART.CR1, CR1.TE)) this.#transmitter.request(tick);
    this.#due = undefined;
  }

  get #isAlive(): boolean {
    return this.#registers.isEnabled && this.#surroundings.isClocked && this.#settings().baudRate > 0;
  }

  #report(name: SerialViolationName, message: string, tick: Tick): void {
    reportSerial(this.#services.violations, name, `${this.name}: ${message}`, tick);
  }

  /** Auto-baud changes BRR while time is caught up with: what was sent before went out at the old rate. */
  #setDivider(divider: number, tick: Tick): void {
    if (this.#registers.has(USART.CR1, CR1.TE)) this.#transmitter.advance(tick);
    this.#registers.setDivider(divider);
  }

  #serverOf(line: DmaRequestLine): DmaServer | undefined {
    return line.isEnabled() ? this.#router?.serverOf(line) : undefined;
  }

  #emit(bytes: Uint8Array, startTick: Tick, format: LineSettings): void {
    const txPins = this.#pins.driven(startTick);
    for (const pin of txPins) this.onLineOut(pin, { bytes, startTick, format });
    if (txPins.length > 0) this.#services.yieldSoon();
  }

  #cutTransmission(tick: Tick): void {
    const wasSending = this.#transmitter.isSending;
    this.#transmitter.stop();
    if (wasSending) this.#report('usart-transmission-cut', 'switched off before everything was sent', tick);
  }

  #clearState(): void {
    const isFifo = this.#registers.has(USART.CR1, CR1.FIFOEN);
    this.#reception.buffer.configure(isFifo);
    this.#transmitter.configure(isFifo);
    this.#receiver.flags = 0;
    this.#receiver.armedMode = undefined;
    this.#due = NEWS;
  }

  #readWord(offset: number, tick: Tick): number {
    if (offset === USART.RDR) return this.#reception.buffer.read();
    if (offset !== USART.ISR) return this.#registers.get(offset);
    if (this.#registers.has(USART.CR1, CR1.RE) && this.#isAlive) this.#pins.checkListening(tick);
    return statusWord(this.#registers, this.#receiver, this.#reception.buffer, this.#transmitter, tick);
  }

  #writeCr1(value: number, tick: Tick): void {
    const before = this.#registers.get(USART.CR1);
    this.#registers.write(USART.CR1, value, tick);
    const after = this.#registers.get(USART.CR1);
    const rises = (bits: number): boolean => (after & bits) === bits && (before & bits) !== bits;
    const falls = (bits: number): boolean => (after & bits) !== bits && (before & bits) === bits;

    if (falls(CR1.UE | CR1.TE)) this.#cutTransmission(tick);
    if (rises(CR1.UE) || falls(CR1.UE)) this.#clearState();
    if (rises(CR1.UE)) this.#registers.checkEnabled(tick);
    if (rises(CR1.UE | CR1.RE)) this.#receiver.listenFrom(tick);
    if (rises(CR1.UE)) this.#receiver.arm(this.#registers.autobaudMode, tick);
    if (rises(CR1.UE | CR1.TE)) this.#transmitter.start(tick);
  }

  #writeCr2(value: number, tick: Tick): void {
    const wasOn = this.#registers.has(USART.CR2, CR2.ABREN);
    this.#registers.write(USART.CR2, value, tick);
    const mode = this.#registers.autobaudMode;
    if (mode === undefined) this.#receiver.arm(undefined, tick);
    // A finished measurement is repeated only after RQR.ABRRQ.
    else if (!wasOn && this.#registers.isEnabled && (this.#receiver.flags & ISR.ABRF) === 0) this.#receiver.arm(mode, tick);
  }

  #writeCr3(value: number, tick: Tick): void {
    const before = this.#registers.get(USART.CR3);
    this.#registers.write(USART.CR3, value, tick);
    if ((value & ~before & (CR3.DMAR | CR3.DMAT)) !== 0) this.#router?.checkRoutes(tick);
  }

  #request(value: number, tick: Tick): void {
    if ((value & RQR.SBKRQ) !== 0) this.#report('usart-unsupported-mode', 'a break cannot be sent on this line', tick);
    if ((value & RQR.RXFRQ) !== 0) this.#reception.buffer.flush();
    if ((value & RQR.TXFRQ) !== 0) this.#transmitter.flush();
    if ((value & RQR.ABRRQ) !== 0 && this.#registers.isEnabled) this.#receiver.arm(this.#registers.autobaudMode, tick);
  }

  #clearFlags(value: number): void {
    const cleared = value & CLEARABLE;
    this.#reception.buffer.flags &= ~cleared;
    this.#receiver.flags &= ~cleared;
    if ((cleared & ISR.TC) !== 0) this.#transmitter.isComplete = false;
  }

  #writeTdr(value: number, tick: Tick): void {
    const isOn = this.#registers.isEnabled && this.#registers.has(USART.CR1, CR1.TE);
    if (!isOn) this.#report('usart-tdr-while-off', `0x${(value & 0x1ff).toString(16)} is lost`, tick);
    else if (!this.#transmitter.push(value & 0x1ff, tick)) this.#report('usart-tdr-overwritten', 'TDR was full', tick);
  }
}
