/** A program for RAM in Thumb, so that tests need no ARM tools: notes in what state it found the chip, then says hello on USART1 (PA9, 115200 8E1). */
import { createImage, type Image, type Segment } from '../../host/image/image.js';
import { adds, B_SELF, constant, ldr, str } from '../board/cpu/thumb.js';
import { halfwords } from '../board/cpu/bare-core.js';

export const GREETING = 'hello from RAM';

/** What a register reads as when the program starts, and what a reset leaves there. */
const LOOKED_AT = {
  'SCB_VTOR': { address: 0xe000_ed08, expected: 'vectors' },
  'SYST_CSR': { address: 0xe000_e010, expected: 0 },
  'RCC_AHB4ENR': { address: 0x5802_4540, expected: 0 },
  'RCC_APB1LENR': { address: 0x5802_4548, expected: 0 },
  'RCC_APB2ENR': { address: 0x5802_4550, expected: 0 },
  'RCC_D2CCIP2R': { address: 0x5802_4454, expected: 0 },
} as const;

/** Where the notes go: SP and PRIMASK, then LOOKED_AT in order. */
export const NOTES_ADDRESS = 0x2001_0000;
const STACK_TOP = 0x2002_0000;
const MRS_R2_PRIMASK = [0xf3ef, 0x8210];
const MOV_R2_SP = 0x466a;
const LSLS_R2_24 = 0x0612;
const BPL_BACK_2 = 0xd5fc;

export interface Notes {
  readonly sp: number;
  readonly primask: number;
  readonly registers: Readonly<Record<string, number>>;
}

export function readNotes(read: (address: number) => number): Notes {
  const names = Object.keys(LOOKED_AT);
  return {
    sp: read(NOTES_ADDRESS), primask: read(NOTES_ADDRESS + 4),
    registers: Object.fromEntries(names.map((name, at) => [name, read(NOTES_ADDRESS + 8 + 4 * at)])),
  };
}

export function expectedNotes(vectors: number): Notes {
  return { sp: STACK_TOP, primask: 0, registers: Object.fromEntries(Object.entries(LOOKED_AT).map(([name, { expected }]) => [name, expected === 'vectors' ? vectors : expected])) };
}

/** r3: where the next note goes. */
function look(): readonly number[] {
  const note = [str(2, 3), adds(3, 4)];
  const registers = Object.values(LOOKED_AT).flatMap(({ address }) => [...constant(1, address), ldr(2, 1), ...note]);
  return [...constant(3, NOTES_ADDRESS), MOV_R2_SP, ...note, ...MRS_R2_PRIMASK, ...note, ...registers];
}

const store = (address: number, value: number): readonly number[] => [...constant(1, address), ...constant(2, value), str(2, 1)];

function hello(): readonly number[] {
  const line = [
    ...store(0x5802_4540, 1), ...store(0x5802_4550, 1 << 4), // RCC: GPIOA, USART1
    ...store(0x5802_0024, 0x770), ...store(0x5802_0000, 0xabeb_ffff), // PA9, PA10: alternate function 7
    ...store(0x4001_100c, 556), ...store(0x4001_1000, 0x140d), // BRR; M0 PCE TE RE UE
  ];
  const said = [...GREETING].flatMap((character) => [...constant(0, character.charCodeAt(0)), ldr(2, 1, 0x1c), LSLS_R2_24, BPL_BACK_2, str(0, 1, 0x28)]);
  return [...line, ...constant(1, 0x4001_1000), ...said, B_SELF];
}

export function helloSegment(address: number): Segment {
  const code = halfwords(...look(), ...hello());
  const bytes = new Uint8Array(0x400 + code.length);
  new DataView(bytes.buffer).setUint32(0, STACK_TOP, true);
  new DataView(bytes.buffer).setUint32(4, address + 0x400 + 1, true);
  bytes.set(code, 0x400);
  return { address, bytes };
}

export function ramImage(...segments: readonly Segment[]): Image {
  return createImage('program.hex', 'Intel HEX', segments);
}
