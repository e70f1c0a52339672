/** The stub's unpacker, compiled for the desk with the sanitizers on (programs/unpack-desk.c), and jobs for it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PackedContent } from '../../host/codec/packed-content.js';

export const RESULT = { word: 0, wantsInput: 1, wantsFlash: 2, broken: 3, done: 4, outsideFlash: 100 } as const;

/** What the unpacker is given besides the packed content. */
export interface Conditions {
  readonly wordBytes?: number;
  readonly recentBytes?: number;
  readonly mostSpans?: number;
  readonly ringBytes?: number;
  readonly seed?: number;
  /** Bytes of input that come first. */
  readonly firstPiece?: number;
  /** Input comes in random pieces up to this length; 0: all at once. */
  readonly mostPiece?: number;
  readonly busyPercent?: number;
  /** What the flash held, from its first address on. */
  readonly old?: Uint8Array;
  readonly relocation?: { readonly half: number; readonly granuleShift: number };
}

export interface Unpacked {
  readonly result: number;
  readonly words: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  readonly flashReads: number;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = ['test/codec/programs/unpack-desk.c', 'stub/codec/lzma.c', 'stub/codec/filters.c', 'stub/codec/directory.c', 'stub/codec/relocate.c', 'stub/codec/unpack.c'];
const FLAGS = ['-std=c11', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-Istub/codec'];

export const hasCompiler = spawnSync('gcc', ['--version']).status === 0;

export class DeskUnpacker {
  readonly #folder = mkdtempSync(join(tmpdir(), 'stage-flash-unpack-'));
  readonly #program = join(this.#folder, 'unpack');

  constructor() {
    execFileSync('gcc', [...FLAGS, ...SOURCES, '-o', this.#program], { cwd: root });
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** @throws Error with what the program says when it ends itself or a sanitizer does */
  run(jobs: readonly { readonly packed: PackedContent; readonly conditions?: Conditions }[]): Unpacked[] {
    const input = jobs.flatMap(({ packed, conditions = {} }) => [jobHead(packed, conditions), packed.bytes, conditions.old ?? new Uint8Array()]);
    const output = execFileSync(this.#program, { input: Buffer.concat(input), maxBuffer: 2 ** 30, stdio: 'pipe' });
    let at = 0;
    const u32 = (): number => output.readUInt32LE((at += 4) - 4);
    return jobs.map(({ conditions = {} }) => {
      const words = [];
      for (let address = u32(); address !== 0; address = u32()) {
        words.push({ address, bytes: new Uint8Array(output.subarray(at, (at += wordBytesOf(conditions)))) });
      }
      const result = u32();
      if (u32() !== words.length) throw new Error('the program counted other words than it wrote');
      return { result, words, flashReads: u32() };
    });
  }
}

const wordBytesOf = (conditions: Conditions): number => conditions.wordBytes ?? 32;

function jobHead(packed: PackedContent, conditions: Conditions): Uint8Array {
  const fields = [
    packed.parameters, packed.directoryBytes, packed.contentBytes, packed.bytes.length, wordBytesOf(conditions),
    conditions.recentBytes ?? 4096, conditions.mostSpans ?? 400, conditions.ringBytes ?? 1024, conditions.relocation?.half ?? 1,
    conditions.relocation?.granuleShift ?? 0, conditions.old?.length ?? 0, conditions.seed ?? 1, conditions.firstPiece ?? 0, conditions.mostPiece ?? 0,
    conditions.busyPercent ?? 0,
  ];
  return new Uint8Array(Uint32Array.from(fields).buffer);
}
