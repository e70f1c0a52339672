/** A core on the desk: memories, a Bus that records, and nothing of the chip around it. */
import { Cpu } from '../../../host/board/cpu/cpu.js';
import type { AccessSize, Bus, MemoryRegion } from '../../../host/board/cpu/bus.js';
import { BusFault } from '../../../host/board/cpu/bus.js';
import type { Tick } from '../../../host/board/time.js';

export interface BusEvent {
  readonly access: 'read' | 'write';
  readonly address: number;
  readonly size: AccessSize;
  readonly value: number;
  readonly tick: Tick;
}

export const DEVICE = 0x40000000;
/** Where programs of the tests are loaded, and where their stack begins. */
export const CODE = 0x20004000;
export const STACK = 0x2001f000;
export const DATA = 0x24000000;
export const FLASH = 0x08000000;

export function region(name: string, base: number, lengthBytes: number, rights: Partial<MemoryRegion> = {}): MemoryRegion {
  return { name, base, bytes: new Uint8Array(lengthBytes), readable: true, writable: true, executable: true, ...rights };
}

export class BareCore {
  readonly itcm = region('ITCM', 0, 65536);
  readonly dtcm = region('DTCM', 0x20000000, 131072);
  readonly axi = region('AXI SRAM', DATA, 524288);
  readonly flash = region('flash', FLASH, 131072, { writable: false });
  /** Smaller than a page: reached the careful way. */
  readonly small = region('backup SRAM', 0x38800000, 4096);
  readonly events: BusEvent[] = [];
  /** Device registers answer what was written, or what a test puts here. */
  readonly registers = new Map<number, number>();
  readonly cpu: Cpu;

  /** @param device replaces the recording device space at 0x40000000. */
  constructor(device?: Partial<Bus>) {
    const bus: Bus = {
      read: (address, size, tick) => {
        if (address >>> 29 !== 2) throw new BusFault(address, 'nothing there');
        const value = device?.read?.(address, size, tick) ?? this.registers.get(address) ?? 0;
        this.events.push({ access: 'read', address, size, value, tick });
        return value;
      },
      write: (address, size, value, tick) => {
        if (address >>> 29 !== 2) throw new BusFault(address, 'nothing there');
        this.events.push({ access: 'write', address, size, value, tick });
        if (device?.write === undefined) this.registers.set(address, value);
        else device.write(address, size, value, tick);
      },
    };
    this.cpu = new Cpu({ bus, regions: [this.itcm, this.dtcm, this.axi, this.flash, this.small] });
  }

  /** Puts code somewhere, as a debugger would, and starts it. */
  load(code: Uint8Array, address: number = CODE): void {
    this.place(code, address);
    this.cpu.start(STACK, address | 1, 0);
  }

  place(bytes: Uint8Array, address: number): void {
    const home = this.#homeOf(address);
    home.bytes.set(bytes, address - home.base);
    this.cpu.invalidate(address, bytes.length);
  }

  /** Exceptions `first` to `last` lead to a handler; the table is at 0, where VTOR points after reset. */
  handle(code: Uint8Array, address: number, first = 2, last = 15): void {
    this.place(code, address);
    for (let vector = first; vector <= last; vector++) this.place(words(address | 1), vector * 4);
  }

  /** Runs to the next halt. @throws when there is none within a million ticks. */
  finish(sliceTicks = 1e9): void {
    for (let end = this.cpu.tick + 1e6; this.cpu.halted === undefined; ) {
      if (this.cpu.tick > end) throw new Error(`no halt: ${this.cpu.status()}`);
      this.cpu.run(Math.min(this.cpu.tick + sliceTicks, end + 1));
    }
  }

  word(address: number): number {
    const home = this.#homeOf(address);
    return new DataView(home.bytes.buffer).getUint32(address - home.base, true);
  }

  #homeOf(address: number): MemoryRegion {
    const home = [this.itcm, this.dtcm, this.axi, this.flash, this.small].find(({ base, bytes }) => address >= base && address < base + bytes.length);
    if (home === undefined) throw new RangeError('no memory there');
    return home;
  }
}

/** Bytes of an instruction stream given as halfwords. */
export function halfwords(...code: number[]): Uint8Array {
  return Uint8Array.from(code.flatMap((halfword) => [halfword & 0xff, halfword >>> 8]));
}

export function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
