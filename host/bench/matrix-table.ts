/** Real images at every rate and distance, every way to bring them over, against what no tool can beat. */
import { existsSync } from 'node:fs';
import { H7_PARTS } from '../device/h7-parts.js';
import { readImage } from '../image/read-image.js';
import { LIMITS } from '../protocol/wire.js';
import { limitOf, type Limit } from './limit.js';
import { measureSession, type Measurement } from './measure-session.js';
import { rememberingPacker } from './remembering-packer.js';

const FIRMWARE = new URL('../../../shared/firmware/', import.meta.url);
const PART = H7_PARTS.find(({ name }) => name === 'STM32H743xI')!;
const WINDOW_BYTES = LIMITS.windowMostBytes.value;
const BAUD_RATES = [9600, 115_200, 921_600, 2_000_000] as const;
const ROUND_TRIPS_MS = [1, 100, 600, 2000] as const;
/** Each image, and the version before it. */
const IMAGES = [
  { file: 'openmv4_20190927.bin', held: 'openmv4_20190916.bin', address: 0x08000000 },
  { file: 'openmv4_20190916.bin', held: 'openmv4_20190827.bin', address: 0x08000000 },
  { file: 'openmv4_20190827.bin', held: 'openmv4_20190826.bin', address: 0x08000000 },
  { file: 'openmv4_uvc_20190927.bin', held: 'openmv4_uvc_20190916.bin', address: 0x08040000 },
  { file: 'portenta_bootloader_v23.bin', held: 'portenta_bootloader_v22.bin', address: 0x08000000 },
  { file: 'daisy_bootloader_6.4.bin', held: 'daisy_bootloader_6.3.bin', address: 0x08000000 },
] as const;

export interface MatrixRow {
  readonly image: string;
  readonly baud: number;
  readonly rttMs: number;
  readonly direct: Measurement;
  readonly stored: Measurement;
  readonly compressed: Measurement;
  readonly delta: Measurement;
  readonly limit: Limit;
}

/** Nothing where the images are not there. @param say is told what is being measured */
export async function measureMatrix(say: (text: string) => void): Promise<readonly MatrixRow[]> {
  const rows: MatrixRow[] = [];
  const packer = rememberingPacker();
  for (const { file, held, address } of existsSync(FIRMWARE) ? IMAGES : []) {
    const [image, before] = [await readImage(new URL(file, FIRMWARE).pathname, { address }), await readImage(new URL(held, FIRMWARE).pathname, { address })];
    for (const baud of BAUD_RATES) {
      for (const rttMs of ROUND_TRIPS_MS) {
        say(`${file} at ${baud}, RTT ${rttMs} ms`);
        const board = { baud: String(baud), rtt: `${rttMs}ms` };
        const [direct, stored, compressed, delta] = [
          await measureSession(image, board, { options: { direct: true } }),
          await measureSession(image, board, { options: { compress: false } }),
          await measureSession(image, board, { packer }),
          await measureSession(image, board, { held: before, isHeldKnown: true, packer }),
        ];
        rows.push({ image: file.replace('.bin', ''), baud, rttMs, direct, stored, compressed, delta, limit: limitOf(image, PART, compressed.bytesToBoard, baud, rttMs, WINDOW_BYTES) });
      }
    }
  }
  return rows;
}

/** Lines of Markdown. */
export function matrixTable(rows: readonly MatrixRow[]): string[] {
  if (rows.length === 0) return ['Not measured: there is no folder ../shared/firmware with real images here.'];
  const seconds = ({ sessionMs }: Measurement): string => (sessionMs / 1000).toFixed(sessionMs < 1e5 ? 2 : 0);
  const promise = ({ estimatedMs = Number.NaN, sessionMs }: Measurement): string => (estimatedMs / sessionMs).toFixed(2);
  return [
    '| image | baud | RTT ms | AN3155 alone s | stored s | compressed s | limit s | bound by | update s | bytes compressed | bytes of the update | estimate / measured: stored, compressed, update |',
    '|---|--:|--:|--:|--:|--:|--:|---|--:|--:|--:|---|',
    ...rows.map(({ image, baud, rttMs, direct, stored, compressed, delta, limit }) =>
      `| ${image} | ${baud} | ${rttMs} | ${seconds(direct)} | ${seconds(stored)} | ${seconds(compressed)} | ${limit.seconds.toFixed(2)} | ${limit.term} | ${seconds(delta)} | ${compressed.bytesWithStub} | ${delta.bytesWithStub} | ${promise(stored)} ${promise(compressed)} ${promise(delta)} |`),
  ];
}
