/** Which core register block lives where on the private peripheral bus. */
import { CycleCounter } from './cycle-counter.js';
import { InterruptController } from './interrupt-controller.js';
import { MemoryProtection } from './memory-protection.js';
import { PrivatePeripherals } from './private-peripherals.js';
import type { SystemControl } from './system-control.js';
import { SystemControlRegisters } from './system-control-registers.js';
import { SysTick } from './systick.js';

export function createPrivatePeripherals(r: Int32Array, control: SystemControl, requestReset: () => void): PrivatePeripherals {
  // PM0253 §4.1 says where the blocks begin and end; DWT has 4 KiB (Arm DDI 0403E §C1.1).
  const cycleCounter = new CycleCounter();
  return new PrivatePeripherals([
    { first: 0xe0001000, last: 0xe0001fff, block: cycleCounter },
    { first: 0xe000e010, last: 0xe000e01c, block: new SysTick(r) },
    { first: 0xe000e100, last: 0xe000e4ec, block: new InterruptController() },
    { first: 0xe000ed90, last: 0xe000edb8, block: new MemoryProtection(r) },
    { first: 0xe000edfc, last: 0xe000edfc, block: cycleCounter },
    // From ICTR to ABFSR (PM0253 §4.3, §4.9).
    { first: 0xe000e004, last: 0xe000efa8, block: new SystemControlRegisters(control, r, requestReset) },
  ]);
}
