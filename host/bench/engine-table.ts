/** How fast the virtual board runs: plain code, and a whole session. */
import { Cpu } from '../board/cpu/cpu.js';
import { incompressibleImage } from './images.js';
import { measureSession } from './measure-session.js';

const INSTRUCTIONS = 100_000_000;

/**
 * CRC-32, bit by bit, over the memory of the program itself, for ever:
 * mov r0,#0; mov r1,#0; ldr r4,=0xEDB88320 (movw/movt); loop: ldrb r2,[r1]; eors r0,r2; movs r3,#8; bit: lsrs r0,#1; it cs; eorcs r0,r4; subs r3,#1; bne bit; adds r1,#1; b loop
 */
const CRC_LOOP = Uint16Array.of(
  0x2000, 0x2100, 0xf248, 0x3420, 0xf6ce, 0x54b8,
  0x780a, 0x4050, 0x2308, 0x0840, 0xbf28, 0x4060, 0x3b01, 0xd1fa, 0x3101, 0xb2c9, 0xe7f4,
);

function plainMips(): number {
  const bytes = new Uint8Array(0x10000);
  bytes.set(new Uint8Array(CRC_LOOP.buffer), 0x100);
  const nothing = { read: (): number => 0, write: (): void => undefined };
  const cpu = new Cpu({ bus: nothing, regions: [{ name: 'RAM', base: 0, bytes, readable: true, writable: true, executable: true }] });
  cpu.start(0x8000, 0x101, 0);
  cpu.run(INSTRUCTIONS / 10);
  const startedMs = performance.now();
  const startTick = cpu.tick;
  cpu.run(startTick + INSTRUCTIONS);
  if (cpu.halted !== undefined) throw new Error(`the CRC loop halted: ${cpu.status()}`);
  return (cpu.tick - startTick) / (performance.now() - startedMs) / 1000;
}

export async function engineTable(say: (text: string) => void): Promise<string[]> {
  say('instruction rate of the engine');
  const mips = plainMips();
  say('1 MiB session at 115200, wall time');
  const startedMs = performance.now();
  await measureSession(incompressibleImage(2 ** 20), { rtt: '100ms' }, false);
  const wallS = (performance.now() - startedMs) / 1000;
  return ['| what | figure |', '|---|--:|', `| plain code | ${mips.toFixed(0)} million instructions a second |`, `| 1 MiB session at 115200 | ${wallS.toFixed(2)} s of wall time |`];
}
