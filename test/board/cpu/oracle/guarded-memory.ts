/** Memory whose rights may change while a program runs, such as flash: where it has none, the bus answers, as the engine sees to it. */
import type { Bus, MemoryRegion } from '../../../../host/board/cpu/bus.js';

export function guardedMemory(region: MemoryRegion, bus: Bus): Bus {
  const view = new DataView(region.bytes.buffer, region.bytes.byteOffset, region.bytes.length);
  return {
    read: (address, size, tick) => {
      if (!region.readable) return bus.read(address, size, tick);
      const at = address - region.base;
      if (size === 4) return view.getUint32(at, true);
      return size === 2 ? view.getUint16(at, true) : view.getUint8(at);
    },
    write: (address, size, value, tick) => {
      if (!region.writable) return bus.write(address, size, value, tick);
      const at = address - region.base;
      if (size === 4) view.setUint32(at, value, true);
      else if (size === 2) view.setUint16(at, value, true);
      else view.setUint8(at, value);
    },
  };
}
