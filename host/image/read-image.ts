/**
 * File → Image. The format is told by the content; the file name decides only where the content leaves a choice.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, extname, isAbsolute, resolve } from 'node:path';
import { StageFlashError, fileTrouble } from '../errors.js';
import type { Image } from './image.js';
import { createImage } from './image.js';
import { parseIntelHex } from './intel-hex.js';

export interface ReadImageOptions {
  /** Where a raw binary belongs. Formats that carry addresses refuse it. @default `defaultAddress` */
  readonly address?: number;
  /** Where it belongs when nobody says. @default 0x08000000 */
  readonly defaultAddress?: number;
}

/** Bank 1 of every H7 begins here, and BOOT_ADD0 as ST ships it points here (RM0433 §2.6). */
const DEFAULT_ADDRESS = 0x0800_0000;

/** 2 MiB as Intel HEX of one data byte per line take 32 MB; anything larger cannot be meant. */
const MAX_FILE_BYTES = 64 * 2 ** 20;

const HEX_EXTENSIONS: ReadonlySet<string> = new Set(['.hex', '.ihex', '.ihx']);
const FIRST_HEX_RECORD = /^\s*:[0-9A-Fa-f]{10,}\s*?(?:[\r\n]|$)/;

/** Formats that must not be mistaken for raw bytes: flashed as they are, they would start with a header and never boot. */
const FOREIGN_FORMATS: readonly { readonly name: string; readonly pattern: RegExp; readonly hint: string }[] = [
  { name: 'an ELF file', pattern: /^\x7fELF/, hint: 'Convert it first: arm-none-eabi-objcopy -O ihex IN.elf OUT.hex' },
  { name: 'a DfuSe file', pattern: /^DfuSe/, hint: 'Use the .hex or .bin that it was made from.' },
  { name: 'a UF2 file', pattern: /^UF2\n/, hint: 'Use the .hex or .bin that it was made from.' },
  { name: 'a Motorola S-record file', pattern: /^S[0-9][0-9A-Fa-f]{8,}\s*?[\r\n]/, hint: 'Convert it first: arm-none-eabi-objcopy -I srec -O ihex IN.srec OUT.hex' },
];

/** @throws StageFlashError kind `image` when the file cannot be read or understood, `usage` when `address` does not fit its format. */
export async function readImage(path: string, options: ReadImageOptions = {}): Promise<Image> {
  return decodeImage(path, await readWholeFile(path), options);
}

/** The same for bytes that are in memory already. `path` serves for messages and for its extension. */
export function decodeImage(path: string, content: Uint8Array, options: ReadImageOptions = {}): Image {
  const source = basename(path);
  const fileSha256 = createHash('sha256').update(content).digest('hex');
  const start = Buffer.from(content.subarray(0, 600)).toString('latin1');
  const foreign = FOREIGN_FORMATS.find((format) => format.pattern.test(start));
  if (foreign) throw new StageFlashError('image', `${source} is ${foreign.name}, which stage-flash does not read`, { hint: foreign.hint });

  if (content.length > 0 && (FIRST_HEX_RECORD.test(start) || HEX_EXTENSIONS.has(extname(path).toLowerCase()))) {
    if (options.address !== undefined) {
      throw new StageFlashError('usage', `${source} is Intel HEX and says itself where its bytes belong`, {
        hint: 'Leave --address away; it is for raw binaries.',
      });
    }
    return { ...createImage(source, 'Intel HEX', parseIntelHex(source, Buffer.from(content).toString('latin1'))), fileSha256 };
  }
  return { ...createImage(source, 'raw binary', [{ address: options.address ?? options.defaultAddress ?? DEFAULT_ADDRESS, bytes: content }]), fileSha256 };
}

async function readWholeFile(path: string): Promise<Uint8Array> {
  try {
    const facts = await stat(path);
    if (!facts.isFile()) throw new StageFlashError('image', `${path} is not a file`);
    if (facts.size > MAX_FILE_BYTES) {
      throw new StageFlashError('image', `${path} has ${facts.size} bytes: far more than any STM32H7 holds`);
    }
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (error instanceof StageFlashError) throw error;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): StageFlashError {
  const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  if (!isMissing) return new StageFlashError('image', `${path} cannot be read: ${fileTrouble(cause)}`, { cause });
  const where = isAbsolute(path) ? '' : `; this is ${resolve(path)}`;
  return new StageFlashError('image', `${path} does not exist`, { hint: `Check the path, and that the build has written it${where}.`, cause });
}
