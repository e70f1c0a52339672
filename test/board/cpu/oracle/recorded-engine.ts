/** The engine, with a transcript of what it does. */
import type { Core, CoreSurroundings } from '../../../../host/board/cpu/core.js';
import { packXpsr, SLOT } from '../../../../host/board/cpu/core-state.js';
import { Cpu } from '../../../../host/board/cpu/cpu.js';
import type { Tick } from '../../../../host/board/time.js';
import { watched, type Access, type Transcript } from './transcript.js';

export function recordedEngine({ bus, regions }: CoreSurroundings, transcript: Transcript): Core {
  const pc = (): number => cpu.r[SLOT.PC]!;
  const onAccess = (access: Access): void => transcript.add(access);
  const cpu: Cpu = new Cpu({ bus: watched(bus, pc, onAccess), regions, watchCoreRegisters: (registers) => watched(registers, pc, onAccess) });
  const run = cpu.run.bind(cpu);
  cpu.run = (untilTick: Tick): void => {
    run(untilTick);
    // unicorn cannot be stopped within an IT block: it executes one instruction more and forgets that the rest is conditional.
    while (cpu.r[SLOT.IT] !== 0) run(cpu.tick + 1);
    transcript.slices.push({ untilTick, endTick: cpu.tick, registers: registersOf(cpu.r) });
  };
  return cpu;
}

/** R0-R12, SP, LR, PC, xPSR, unsigned. */
export function registersOf(r: Int32Array): readonly number[] {
  return [...Array.from(r.subarray(0, SLOT.PC + 1), (value) => value >>> 0), packXpsr(r)];
}
