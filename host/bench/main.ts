/** `make bench`: measures and writes docs/bench.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import process from 'node:process';
import { decodingTable } from './decoding-table.js';
import { encoderTable } from './encoder-table.js';
import { engineTable } from './engine-table.js';
import { matrixPlot } from './matrix-plot.js';
import { matrixTable, measureMatrix } from './matrix-table.js';
import { ramTable } from './ram-table.js';
import { sessionTable } from './session-table.js';
import { stm32flashTable } from './stm32flash-table.js';

const document = new URL('../../docs/bench.md', import.meta.url);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const sections: readonly (readonly [title: string, explanation: string, table: (say: (text: string) => void) => Promise<string[]>])[] = [
  ['Sessions', 'Virtual time, exact and repeatable. 1 MiB of incompressible data at 115200 8E1 onto an STM32H743xI. Session: first to last bit on the board’s line, digest included. Goal: 1.03 × (bytes × 11 / baud) + 14 RTT + 0.5 s.', sessionTable],
  ['Real firmware', 'Virtual time. Published images onto an STM32H743xI: as they are, compressed, and as an update of the version before. Bytes: both ways, everything included but loader and stub; session as above. Limit of the full image: the slowest of the wire (compressed, loader and stub included), the slower bank’s typical erase and program time, and the window against the round trip. Estimate: what `--dry-run` says.', async () => matrixTable(matrix)],
  ['RAM', 'What the stub has of it, part by part: the window as FACTS tells it, the rest by the constants that host and stub share (PROTOCOL.md §8). Without a place for copies of sectors there is no update in place: what changed is sent compressed.', ramTable],
  ['Unpacking', 'Virtual time, one cycle an instruction at 64 MHz: the whole stub, from packed bytes on the line to flash words, where neither line nor flash is waited for. Factor: how much longer that takes which binds the session, the flash (both banks side by side, as far as the image lies in both) or the wire at 2 Mbaud. It is what is left for wait states.', decodingTable],
  ['The encoder', 'Real time on this machine, each in a process of its own, at most two threads: the whole image with all trials, and the difference to the version before. Goals on two cores: 10 s, 20 s, 400 MB.', encoderTable],
  ['Against Debian’s stm32flash', 'Real time, one run. 64 KiB written and read back through the virtual board’s ROM, `stm32flash -v` behind socat’s pty and `stage-flash --direct` over TCP; seconds between the first and the last bit on the board’s line.', stm32flashTable],
  ['The virtual board itself', 'Real time on this machine.', engineTable],
];

const matrix = await measureMatrix(say);
const lines = ['# Measurements', '', `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}. Written by \`make bench\`.`, ''];
for (const [title, explanation, table] of sections) {
  const rows = await table(say);
  lines.push(`## ${title}`, '', explanation, '', ...rows, '');
}
mkdirSync(new URL('.', document), { recursive: true });
writeFileSync(document, lines.join('\n'));
if (matrix.length > 0) writeFileSync(new URL('time-against-round-trip.svg', document), matrixPlot(matrix));
process.stdout.write(`${lines.join('\n')}\n`);
