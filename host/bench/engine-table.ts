/** How fast the virtual board runs: plain code, and a whole session. */
import { Cpu } from '../board/cpu/cpu.js';
import { incompressibleImage } from './images.js';
import { measureSession } from './measure-session.js';

const INSTRUCTIONS = 100_000_000;

/**
 * CRC-32, bit by bit, over the first 256 bytes of memory, for ever: mov r0,#0; mov r1,#0; movw/movt r4,#0xEDB88320;
 * byte: ldrb r2,[r1]; eors r0,r2; movs r3,#8; bit: lsrs r0,#1; it cs; eorcs r0,r4; subs r3,#1; bne bit; adds r1,#1; uxtb r1,r1; b byte
 */
const BITWISE_CRC = [
  0x2000, 0x2100, 0xf248, 0x3420, 0xf6ce, 0x54b8,
  0x780a, 0x4050, 0x2308, 0x0840, 0xbf28, 0x4060, 0x3b01, 0xd1fa, 0x3101, 0xb2c9, 0xe7f4,
];

/**
 * A function called every fourteenth instruction, for ever: movw r5,#0x1000; movs r6,#0; again: mov r0,r6; bl step; adds r6,#1;
 * uxtb r6,r6; b again; step: push {r4,lr}; ldr r4,[r5,r0,lsl #2]; add r4,r0; str r4,[r5,r0,lsl #2]; cmp r4,#0; ite mi; negmi r0,r4;
 * movpl r0,r4; pop {r4,pc}
 */
const CALLS = [
  0xf241, 0x0500, 0x2600, 0x4630, 0xf000, 0xf803, 0x3601, 0xb2f6, 0xe7f9,
  0xb510, 0xf855, 0x4020, 0x4404, 0xf845, 0x4020, 0x2c00, 0xbf4c, 0x4260, 0x4620, 0xbd10,
];

/** Millions of instructions a second. */
function instructionRate(program: readonly number[]): number {
  const bytes = new Uint8Array(0x10000);
  bytes.set(new Uint8Array(Uint16Array.from(program).buffer), 0x100);
  const nothing = { read: (): number => 0, write: (): void => undefined };
  const cpu = new Cpu({ bus: nothing, regions: [{ name: 'RAM', base: 0, bytes, readable: true, writable: true, executable: true }] });
  cpu.start(0x8000, 0x101, 0);
  cpu.run(INSTRUCTIONS / 10);
  const startedMs = performance.now();
  const startTick = cpu.tick;
  cpu.run(startTick + INSTRUCTIONS);
  if (cpu.halted !== undefined) throw new Error(`the program halted: ${cpu.status()}`);
  return (cpu.tick - startTick) / (performance.now() - startedMs) / 1000;
}

export async function engineTable(say: (text: string) => void): Promise<string[]> {
  say('instruction rate of the engine');
  const rates = [instructionRate(BITWISE_CRC), instructionRate(CALLS)].map((rate) => `${rate.toFixed(0)} million instructions a second`);
  const sessions = [];
  for (const baud of ['115200', '921600']) {
    say(`1 MiB session at ${baud}, wall time`);
    const startedMs = performance.now();
    await measureSession(incompressibleImage(2 ** 20), { rtt: '100ms', baud });
    sessions.push(`| 1 MiB session at ${baud}, RTT 100 ms | ${((performance.now() - startedMs) / 1000).toFixed(2)} s of wall time |`);
  }
  return ['| what | figure |', '|---|--:|', `| loops within loops (CRC-32, bit by bit) | ${rates[0]} |`, `| a call every 14 instructions | ${rates[1]} |`, ...sessions];
}
