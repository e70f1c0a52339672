/** How long the encoder takes, and how much memory at its peak. */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const FIRMWARE = new URL('../../../shared/firmware/', import.meta.url);
const ENCODE = fileURLToPath(new URL('./encode-once.js', import.meta.url));
const JOBS = [
  { name: 'openmv4_20190927, whole', files: ['openmv4_20190927.bin'] },
  { name: 'openmv4_20190927 after 20190916', files: ['openmv4_20190927.bin', 'openmv4_20190916.bin'] },
  { name: 'openmv4_20190916 after 20190827', files: ['openmv4_20190916.bin', 'openmv4_20190827.bin'] },
] as const;

interface Encoded {
  readonly bytes: number;
  readonly seconds: number;
  readonly peakBytes: number;
}

/** Lines of Markdown. @param say is told what is being measured */
export async function encoderTable(say: (text: string) => void): Promise<string[]> {
  if (!existsSync(FIRMWARE)) return ['Not measured: there is no folder ../shared/firmware with real images here.'];
  const rows: string[] = [];
  for (const { name, files } of JOBS) {
    say(`packing ${name}`);
    const { stdout } = await execa(process.execPath, [ENCODE, ...files.map((file) => fileURLToPath(new URL(file, FIRMWARE)))]);
    const { bytes, seconds, peakBytes } = JSON.parse(stdout) as Encoded;
    rows.push(`| ${name} | ${bytes} | ${seconds.toFixed(1)} | ${(peakBytes / 1e6).toFixed(0)} |`);
  }
  return ['| what | packed bytes | s | peak memory MB |', '|---|--:|--:|--:|', ...rows];
}
