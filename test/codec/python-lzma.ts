/** liblzma through Python, for streams that we did not make and a decoder that we did not write. */
import { execFileSync, spawnSync } from 'node:child_process';
import type { LzmaParameters } from '../../host/codec/lzma-model.js';

export const hasPythonLzma = spawnSync('python3', ['-c', 'import lzma']).status === 0;

const HEAD = `import sys, lzma
lc, lp, pb, length = map(int, sys.argv[1:])
filters = [{"id": lzma.FILTER_LZMA1, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 23, "lc": lc, "lp": lp, "pb": pb}]
data = sys.stdin.buffer.read()
`;

function run(expression: string, { lc, lp, pb }: LzmaParameters, input: Uint8Array, lengthBytes: number): Uint8Array {
  const script = `${HEAD}sys.stdout.buffer.write(${expression})`;
  return execFileSync('python3', ['-c', script, ...[lc, lp, pb, lengthBytes].map(String)], { input, maxBuffer: 2 ** 26 });
}

/** Raw LZMA1 as `xz -9e` makes it, with an end marker of about six bytes. */
export function encodeWithLiblzma(data: Uint8Array, parameters: LzmaParameters): Uint8Array {
  return run('lzma.compress(data, lzma.FORMAT_RAW, filters=filters)', parameters, data, 0);
}

export function decodeWithLiblzma(bytes: Uint8Array, lengthBytes: number, parameters: LzmaParameters): Uint8Array {
  return run('lzma.LZMADecompressor(lzma.FORMAT_RAW, None, filters).decompress(data, length)', parameters, bytes, lengthBytes);
}
