/**
 * The wire between host and board, said once. Data only.
 *
 * TypeScript types, the C header `stub/wire.gen.h` and the tables of PROTOCOL.md all follow from this file (`make wire`); a test
 * compares them byte for byte. All numbers on the wire are little-endian.
 *
 * WIRE_VERSION goes up by one whenever a host and a stub of different ages could misunderstand each other; the host refuses a
 * stub of another version. (The host brings its own stub along, so this bites only a host that meets a stub left by another one.)
 */
export const WIRE_VERSION = 4;

/** Bytes of each field type; `bytes` and `u32s` take what is left of the payload. */
export const FIELD_BYTES = { u8: 1, u16: 2, u32: 4 } as const;

export interface Field {
  readonly name: string;
  readonly type: keyof typeof FIELD_BYTES | 'bytes' | 'u32s';
  /** Bytes of a `bytes` field that is always equally long. */
  readonly lengthBytes?: number;
  readonly doc: string;
}

export interface Message {
  readonly id: number;
  readonly from: 'host' | 'stub';
  readonly doc: string;
  readonly fields: readonly Field[];
}

/** Fixed numbers. `unit` is documentation; the name says it too. */
export const LIMITS = {
  maxPayloadBytes: { value: 16_384, doc: 'largest payload of a frame' },
  maskedBytes: { value: 64, doc: 'behind each mask of a frame that has several' },
  unitBytes: { value: 128, doc: 'DATA offsets and lengths are multiples of this; one bit of the PROGRESS map stands for one unit' },
  mapBytes: { value: 256, doc: 'longest PROGRESS map' },
  maxRanges: { value: 256, doc: 'most ranges in one DIGEST or READ' },
  mostContentBytes: { value: 1024, doc: 'most that one CONTENT carries' },
  tickMs: { value: 1900, doc: 'while nothing comes from the line, the stub is never silent for longer than this, unless it computes a digest; it also tells of each PIECE that is done' },
  reportBits: { value: 64_000, doc: 'while something comes, unasked PROGRESS keeps a distance of so many bit times: a hundredth of the line' },
  reportLeastMs: { value: 50, doc: 'but at least this distance, whatever the line' },
  reportMostMs: { value: 8000, doc: 'and at most this' },
  quietMs: { value: 5, doc: 'told to speak only when asked, the stub answers once nothing has come from the line for so long' },
  loaderChunkBytes: { value: 256, doc: 'stub bytes in one loader frame' },
  loaderBaseAddress: { value: 0x20004100, doc: 'where the ROM puts the loader: lowest RAM that every H7 ROM accepts (AN2606 tables 135, 137, 226)' },
  loaderBytes: { value: 512, doc: 'room for the loader: two Write Memory frames' },
  starterBaseAddress: { value: 0x2000_4300, doc: 'where the loader puts the starter, behind the loader itself; its first chunk is its entry point' },
  starterBytes: { value: 512, doc: 'room for the starter: two chunks' },
  starterPieces: { value: 8, doc: 'pieces of a program for RAM, between which there may be gaps' },
  loaderStackAddress: { value: 0x2001_fb00, doc: 'from here to 0x2001FEFF is the stack of loader and starter' },
  stubBaseAddress: { value: 0x20004800, doc: 'where the loader puts the stub; its first chunk is its entry point' },
  recentBytes: { value: 0x8000, doc: 'of what was unpacked last, the stub keeps so many in RAM' },
  windowMostBytes: { value: 0x3_0000, doc: 'of the window, where the RAM is there' },
  windowLeastBytes: { value: 0x1_0000, doc: 'of the window on H72x' },
  copyBytes: { value: 0x2_0000, doc: 'of a place for a KEEP, which begins at a multiple of this …' },
  copiesAddress: { value: 0x24040000, doc: '… from here on, behind the largest window …' },
  copiesEnd: { value: 0x38000000, doc: '… to before here; what lies there the host knows from the part' },
  mostSpans: { value: 1024, doc: 'in the directory of packed content' },
  halfTheShifts: { value: 4096, doc: '`half` of §6.1' },
  stubBytes: { value: 8192, doc: 'room for code and read-only data of the stub' },
  codecBaseAddress: { value: 0x20006800, doc: 'where CODEC puts the codec' },
  codecBytes: { value: 4096, doc: 'room for code and read-only data of the codec' },
} as const;

/** Every frame of the stream: header, payload, CRC. */
export const FRAME = {
  magic: 0x3ac5,
  header: [
    { name: 'magic', type: 'u16', doc: 'C5 3A on the wire' },
    { name: 'type', type: 'u8', doc: 'bits 5:0 and 7: message; bit 6: the frame has several masks' },
    { name: 'mask', type: 'u8', doc: 'XORed onto every byte of the frame behind it, CRC included; chosen so that no forbidden pattern crosses the wire. 0 in what check and crc are made of' },
    { name: 'length', type: 'u16', doc: 'bytes of payload' },
    { name: 'token', type: 'u32', doc: 'of this session: a fence against mix-ups, not authentication' },
    { name: 'offset', type: 'u32', doc: 'DATA: place of the payload in the stream. Requests: a number that the answer repeats. PROGRESS: bytes received without a gap. CONTENT: address of the payload in flash' },
    { name: 'check', type: 'u16', doc: 'low half of the CRC-32 of the unmasked header before it: checked before the length is believed' },
  ],
  trailer: [{ name: 'crc', type: 'u32', doc: 'CRC-32 (IEEE 802.3, as zlib) of header and payload, unmasked' }],
  severalMasksBit: 6,
} as const satisfies { magic: number; header: readonly Field[]; trailer: readonly Field[]; severalMasksBit: number };

export const MESSAGES = {
  hello: {
    id: 0x01, from: 'host', doc: 'Who are you? Answered by FACTS.',
    fields: [],
  },
  data: {
    id: 0x02, from: 'host', doc: 'A piece of the stream. Idempotent: what was received before is ignored.',
    fields: [{ name: 'bytes', type: 'bytes', doc: 'a multiple of 128' }],
  },
  poll: {
    id: 0x03, from: 'host', doc: 'How far are you? Answered by PROGRESS at once. With token 0 it is a question to whatever stub hears it.',
    fields: [],
  },
  digest: {
    id: 0x04, from: 'host', doc: 'Read the flash and say its CRC-32, range by range, once the stream is executed up to `after`. Answered by DIGESTS.',
    fields: [
      { name: 'after', type: 'u32', doc: 'stream offset' },
      { name: 'ranges', type: 'u32s', doc: 'pairs of address and length in bytes' },
    ],
  },
  leave: {
    id: 0x05, from: 'host', doc: 'End of the session. Answered by LEAVING; done when that has left the wire.',
    fields: [
      { name: 'how', type: 'u32', doc: '0: reset the chip. Otherwise: the address of a vector table to start from' },
    ],
  },
  read: {
    id: 0x06, from: 'host', doc: 'Read the flash, range by range: answered by a CONTENT for each piece of it, back to back. Takes the place of a READ or DIGEST that is not answered yet.',
    fields: [
      { name: 'pieceBytes', type: 'u32', doc: 'bytes in each CONTENT; a range may end with fewer' },
      { name: 'ranges', type: 'u32s', doc: 'pairs of address and length in bytes' },
    ],
  },
  rate: {
    id: 0x07, from: 'host', doc: 'Speak and listen at another bit rate once RATED has left the wire; go back to the first one when no frame has come for `patienceMs`. May be repeated.',
    fields: [
      { name: 'from', type: 'u32', doc: 'bits per second: the rate at which the loader found the line' },
      { name: 'to', type: 'u32', doc: 'bits per second; the same as `from`: the first rate again, for good' },
      { name: 'patienceMs', type: 'u32', doc: '' },
    ],
  },
  take: {
    id: 0x08, from: 'host', doc: 'Begin anew for another host, when no bank works: forget stream, window and error, and answer to its token from now on, first by FACTS.',
    fields: [
      { name: 'token', type: 'u32', doc: 'of the new session; that of the frame is the old one' },
      { name: 'options', type: 'u32', doc: 'for the new session, as in the header of the stub (§2)' },
    ],
  },
  facts: {
    id: 0x81, from: 'stub', doc: 'What the board is and what its flash holds. Sent unasked when the stub starts.',
    fields: [
      { name: 'wireVersion', type: 'u16', doc: '' },
      { name: 'romVersion', type: 'u8', doc: 'bootloader identifier byte, e.g. 0x92' },
      { name: 'reserved', type: 'u8', doc: '0' },
      { name: 'buildHash', type: 'u32', doc: 'CRC-32 of the stub as built' },
      { name: 'idcode', type: 'u32', doc: 'DBGMCU_IDC: device in bits 11:0, revision in 31:16' },
      { name: 'flashSizeKiB', type: 'u16', doc: 'flash size register' },
      { name: 'flashWordBytes', type: 'u16', doc: '32, or 16 on H7A3/B0/B3' },
      { name: 'uid0', type: 'u32', doc: 'unique device id, bits 31:0' },
      { name: 'uid1', type: 'u32', doc: 'bits 63:32' },
      { name: 'uid2', type: 'u32', doc: 'bits 95:64' },
      { name: 'optsr', type: 'u32', doc: 'FLASH_OPTSR_CUR: RDP, watchdog and swap options' },
      { name: 'wpsn1', type: 'u32', doc: 'FLASH_WPSN_CUR1: a cleared bit is a write-protected sector of bank 1' },
      { name: 'wpsn2', type: 'u32', doc: 'FLASH_WPSN_CUR2; 0 where there is no bank 2' },
      { name: 'boot', type: 'u32', doc: 'FLASH_BOOT_CUR: BOOT_ADD0 low half, BOOT_ADD1 high half' },
      { name: 'bootCm4', type: 'u32', doc: 'FLASH_BOOT4_CUR, the same for the second core; means nothing on parts with one' },
      { name: 'prar1', type: 'u32', doc: 'FLASH_PRAR_CUR1: the area of bank 1 that may be executed but not read (PCROP)' },
      { name: 'prar2', type: 'u32', doc: 'FLASH_PRAR_CUR2; 0 where there is no bank 2' },
      { name: 'scar1', type: 'u32', doc: 'FLASH_SCAR_CUR1: the secure area of bank 1' },
      { name: 'scar2', type: 'u32', doc: 'FLASH_SCAR_CUR2; 0 where there is no bank 2' },
      { name: 'usart', type: 'u32', doc: 'base address of the USART in use' },
      { name: 'windowBytes', type: 'u32', doc: 'how far ahead of the executed stream the stub can hold data' },
      { name: 'sectorDigests', type: 'u32s', doc: 'CRC-32 of each sector, bank 1 then bank 2; complemented where a word could not be read' },
    ],
  },
  progress: {
    id: 0x82, from: 'stub', doc: 'How far the stream has come. Sent for POLL at once, for data and unasked at the pace of §8.',
    fields: [
      { name: 'executed', type: 'u32', doc: 'stream offset up to which everything is done' },
      { name: 'poll', type: 'u32', doc: 'offset field of the last POLL seen' },
      { name: 'status', type: 'u32', doc: 'see STATUS; other than ok the stream stands still' },
      { name: 'detail', type: 'u32', doc: 'address that the status speaks of' },
      { name: 'flashStatus', type: 'u32', doc: 'FLASH_SR of the bank that the status speaks of' },
      { name: 'lineBytes', type: 'u32', doc: 'bytes received from the line since the stub started' },
      { name: 'discardedBytes', type: 'u32', doc: 'of these, bytes that belonged to no valid frame' },
      { name: 'lineErrors', type: 'u32', doc: 'USART_ISR error flags seen since the stub started (PE, FE, NE, ORE)' },
      { name: 'erased', type: 'u16', doc: 'sectors erased' },
      { name: 'busy', type: 'u16', doc: 'bit 0: bank 1 busy; bit 1: bank 2' },
      { name: 'programmed', type: 'u32', doc: 'flash words programmed' },
      { name: 'map', type: 'bytes', doc: 'which units beyond `offset` have been received, bit 0 of byte 0 first; trailing zeros left out' },
    ],
  },
  digests: {
    id: 0x84, from: 'stub', doc: 'CRC-32 of each range of DIGEST, read from the flash itself; complemented where a word could not be read.',
    fields: [{ name: 'digests', type: 'u32s', doc: '' }],
  },
  content: {
    id: 0x83, from: 'stub', doc: 'Bytes of flash from the address in `offset` on. None: a flash word of this piece cannot be read, or the range is not flash of one bank.',
    fields: [{ name: 'bytes', type: 'bytes', doc: '' }],
  },
  leaving: {
    id: 0x85, from: 'stub', doc: 'The last frame of a session.',
    fields: [],
  },
  rated: {
    id: 0x87, from: 'stub', doc: 'The last frame at the rate before.',
    fields: [{ name: 'divider', type: 'u32', doc: 'USART_BRR from now on' }],
  },
  fault: {
    id: 0x86, from: 'stub', doc: 'The stub ran into a processor fault; it resets the chip after this frame.',
    fields: [
      { name: 'pc', type: 'u32', doc: 'address of the faulting instruction' },
      { name: 'cfsr', type: 'u32', doc: 'SCB_CFSR' },
      { name: 'hfsr', type: 'u32', doc: 'SCB_HFSR' },
      { name: 'address', type: 'u32', doc: 'SCB_BFAR; meaningful when CFSR.BFARVALID' },
    ],
  },
} as const satisfies Record<string, Message>;

/** Why the stream stands still. */
export const STATUS = {
  ok: { id: 0, doc: 'nothing is wrong' },
  badOperation: { id: 1, doc: 'unknown operation in the stream, one that lacks its CODEC, or a CODEC of another build; detail: stream offset' },
  badAddress: { id: 2, doc: 'operation outside flash, unaligned or across a bank; detail: address' },
  notErased: { id: 3, doc: 'flash word to be written is neither erased nor already right; detail: address' },
  eraseFailed: { id: 4, doc: 'FLASH_SR error after an erase; detail: sector address' },
  programFailed: { id: 5, doc: 'FLASH_SR error after programming; detail: address' },
  flashTimeout: { id: 6, doc: 'the flash stayed busy beyond its limit; detail: address' },
  locked: { id: 7, doc: 'the flash control register does not unlock; detail: bank base' },
  digestWrong: { id: 8, doc: 'the flash does not hold what PROVE demands; detail: address' },
  notPacked: { id: 9, doc: 'what follows PACKED does not unpack; detail: stream offset of PACKED' },
} as const;

/**
 * The stream is a program for the stub: operations back to back, executed in order. ERASE only puts a sector on the list of its
 * bank, which erases whenever it has nothing to program; WRITE waits for the erase of its own sector; FENCE and PROVE wait for everything.
 */
export const OPERATIONS = {
  nop: { id: 0x00, doc: 'Nothing; fills the last unit.', fields: [] },
  erase: { id: 0x01, doc: 'Erase the sector that begins at `address`.', fields: [{ name: 'address', type: 'u32', doc: '' }] },
  fence: { id: 0x02, doc: 'Go on when no bank is busy and no erase is waiting.', fields: [] },
  write: {
    id: 0x03, doc: 'Program the bytes that follow. All-0xFF flash words are left alone.',
    fields: [
      { name: 'address', type: 'u32', doc: 'multiple of the flash word' },
      { name: 'length', type: 'u32', doc: 'bytes, multiple of the flash word' },
    ],
  },
  prove: {
    id: 0x04, doc: 'Like FENCE; then go on only if the CRC-32 of this flash, read from the flash itself, is `digest`.',
    fields: [
      { name: 'address', type: 'u32', doc: '' },
      { name: 'length', type: 'u32', doc: 'bytes, within one bank' },
      { name: 'digest', type: 'u32', doc: '' },
    ],
  },
  packed: {
    id: 0x05, doc: 'What the PIECEs that follow unpack to is to be programmed (§6.1). All-0xFF flash words are left alone.',
    fields: [
      { name: 'parameters', type: 'u16', doc: 'lc, lp and pb of LZMA1 and g of §6.1 in a nibble each, lc lowest' },
      { name: 'directoryBytes', type: 'u16', doc: 'unpacked in front of the content' },
      { name: 'contentBytes', type: 'u32', doc: 'of all runs together' },
    ],
  },
  piece: {
    id: 0x06, doc: 'The packed bytes that follow unpack to the next part of the content.',
    fields: [
      { name: 'contentBytes', type: 'u32', doc: 'multiple of the flash word' },
      { name: 'packedBytes', type: 'u32', doc: '' },
    ],
  },
  keep: {
    id: 0x07, doc: 'Copy the sector that begins at `address` to RAM: copies from this sector are then made from there.',
    fields: [
      { name: 'address', type: 'u32', doc: '' },
      { name: 'to', type: 'u32', doc: 'multiple of 128 KiB from 0x24040000 to 0x37FFFFFF' },
    ],
  },
  restore: {
    id: 0x08, doc: 'Program what a KEEP has copied, the part of it that belongs here.',
    fields: [
      { name: 'address', type: 'u32', doc: 'multiple of the flash word' },
      { name: 'length', type: 'u32', doc: 'bytes, multiple of the flash word, within one sector' },
      { name: 'from', type: 'u32', doc: 'where KEEP has put the sector' },
    ],
  },
  codec: {
    id: 0x09, doc: 'The code that PACKED and PIECE need follows; built with the stub, of no use to another one.',
    fields: [{ name: 'length', type: 'u32', doc: 'bytes' }],
  },
  end: {
    id: 0x0a, doc: 'Like FENCE; the flash is proven and whole. From then on the stub resets the chip when it has heard no frame for `patienceMs`; 0: it waits for ever.',
    fields: [{ name: 'patienceMs', type: 'u32', doc: '' }],
  },
} as const satisfies Record<string, { id: number; doc: string; fields: readonly Field[] }>;

/**
 * The loader's frames (host to loader): just enough for 512 bytes of code. Its answers are two words: token, and the address of
 * the chunk that was stored. The greeting is token and USART base address; `incompleteAnswer` instead of an address says that the
 * entry was called but the stub found itself incomplete, or the starter the program; `startedAnswer` is the starter's last word.
 */
export const LOADER_FRAME = {
  fields: [
    { name: 'token', type: 'u32', doc: 'hunted for in whatever comes in' },
    { name: 'address', type: 'u32', doc: 'where the chunk goes' },
    { name: 'control', type: 'u32', doc: 'bits 7:0: XOR mask of chunk and CRC; bit 8: call the chunk after storing it' },
    { name: 'chunk', type: 'bytes', lengthBytes: LIMITS.loaderChunkBytes.value, doc: '256 bytes of the stub' },
    { name: 'crc', type: 'u32', doc: 'CRC-32 of address, control and unmasked chunk' },
  ],
  callBit: 8,
  incompleteAnswer: 0xfffffffe,
  // No bit pattern near an address of a chunk or of a USART, nor near the other answer: nothing checks answers.
  startedAnswer: 0x5a3c_96a5,
} as const satisfies { fields: readonly Field[]; callBit: number; incompleteAnswer: number; startedAnswer: number };

/** What the host writes into the loader before it sends it (offsets from its first byte). */
export const LOADER_PATCH = {
  token: { offset: 8, doc: 'session token' },
  patience: { offset: 12, doc: 'listening slots (1/38 s) without a valid frame before the loader resets the chip' },
  patienceLeft: { offset: 16, doc: 'the same number: what the loader counts down first' },
} as const;

/**
 * The stub begins with a branch to its entry and is its own vector table: words that no exception of it needs are its header (offsets from its first byte). What the build
 * writes there, and the host before it sends it: options and what is to be kicked, for what cannot wait for a frame. The build leaves 0, which is off.
 */
export const STUB_HEADER = {
  length: { offset: 4, doc: 'bytes of the stub, this header included' },
  crc: { offset: 28, doc: 'CRC-32 of the stub from offset 48 on' },
  options: { offset: 32, doc: 'what the host tells the stub before it starts' },
  kickMs: { offset: 36, doc: 'the host tells: a pin is toggled so often, for a watchdog beside the chip; 0: none' },
  kickGpio: { offset: 40, doc: 'base address of the port of that pin' },
  kickPin: { offset: 44, doc: 'the pin, as a bit of the port' },
  codecCrc: { offset: 48, doc: 'CRC-32 of the codec that CODEC brings' },
} as const;

/** Bits of `options`. */
export const STUB_OPTIONS = {
  onlyWhenAsked: { bit: 0, doc: 'say nothing but answers: the line has one pair of wires for both directions' },
  severalMasks: { bit: 6, doc: 'answers have several masks (§3), without 0x11 and 0x13; the bit is that of the type' },
} as const;

/**
 * The starter, which goes to the loader in the place of the stub when a program for RAM is to run, begins with a branch to its entry. The host writes the rest
 * before it sends it (offsets from its first byte): `pieces` of address and length in bytes, those that are not needed 0.
 */
export const STARTER_HEADER = {
  crc: { offset: 4, doc: 'CRC-32 over all pieces, one behind the other' },
  vectors: { offset: 8, doc: 'address of the vector table: initial stack pointer, entry' },
  pieces: { offset: 12, doc: 'the pieces of the program, `starterPieces` of them: address and length, two words each' },
} as const;

/** In a POLL: whoever hears it. No session has it. */
export const ANY_TOKEN = 0;
