/** Boards that run their application and are brought into the bootloader for the job: BOOT0 hangs on DTR, NRST on RTS. */
import { describe, expect, test } from 'vitest';
import { demoImage } from '../../host/demo/run-demo.js';
import type { BoardMoves } from '../../host/flash-options.js';
import { info } from '../../host/info.js';
import type { Link, ModemLines } from '../../host/link/link.js';
import type { SimLink } from '../../host/link/sim-link.js';
import { firstDifference, flashOf, incompressible, imageOf, openBoard, runJob } from './virtual-board.js';

const ENTER: BoardMoves = { lines: [{ dtr: true, rts: true }, { waitMs: 50 }, { rts: false }] };
const LEAVE: BoardMoves = { lines: [{ dtr: false, rts: true }, { waitMs: 50 }, { rts: false }] };
const APPLICATION = 'chip=STM32H743xG&boot0=low&rtt=300ms';

interface Wired {
  readonly sim: SimLink;
  readonly link: Link;
  /** Everything that was done with the lines, with BOOT0 at each reset. */
  readonly resets: string[];
}

async function wired(query: string): Promise<Wired> {
  const sim = await openBoard(query);
  const { board } = sim.world;
  const resets: string[] = [];
  let rts = false;
  const setModemLines = async (lines: ModemLines): Promise<void> => {
    if (lines.dtr !== undefined) board.boot0 = lines.dtr ? 'high' : 'low';
    if (rts && lines.rts === false) {
      board.pressReset();
      resets.push(board.boot0);
    }
    rts = lines.rts ?? rts;
  };
  return { sim, resets, link: Object.assign(sim, { abilities: ['modem-lines'] as const, setModemLines }) };
}

test('a board that runs its application is flashed, and runs the new one afterwards', async () => {
  const { sim, link, resets } = await wired(APPLICATION);
  const image = incompressible(3000);
  const { report } = await runJob(image, link, { enter: ENTER, leave: LEAVE });
  expect(report.outcome).toBe('flashed');
  expect(resets).toEqual(['high', 'low']);
  expect(firstDifference(flashOf(sim).subarray(0, 3000), image.segments[0]!.bytes)).toBeUndefined();
});

test('a person brings the board there, or the job ends before anything is touched', async () => {
  const { sim } = await wired(APPLICATION);
  const before = flashOf(sim);
  const told: string[] = [];
  const person = (answer: boolean): BoardMoves => ({
    person: {
      text: 'Set the jumper and press reset.',
      ask: async (question) => {
        told.push(question);
        if (answer) {
          sim.world.board.boot0 = 'high';
          sim.world.board.pressReset();
        }
        return answer;
      },
    },
  });
  const image = incompressible(3000);
  await expect(runJob(image, sim, { enter: person(false) })).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('--enter-ask') as string });
  expect(firstDifference(flashOf(sim), before)).toBeUndefined();
  expect((await runJob(image, sim, { enter: person(true) })).report.outcome).toBe('flashed');
  expect(told).toEqual(['Set the jumper and press reset. Done?', 'Set the jumper and press reset. Done?']);
});

test('its application is heard after it was brought out, not after the stub’s reset', async () => {
  const { link } = await wired('chip=STM32H743xI&boot0=low&rtt=300ms&baud=115200');
  const { report } = await runJob(demoImage(), link, { enter: ENTER, leave: LEAVE, expect: { text: 'self-check passed', withinMs: 5000 } });
  expect(report.text).toMatch(/The application says “self-check passed”\.$/);
  expect(report.details.application).toMatchObject({ isHeard: true });
});

test('an application that is not heard after it was brought out is a verdict of its own', async () => {
  const { link } = await wired('chip=STM32H743xI&boot0=low&rtt=300ms&tolerate=all');
  const job = runJob(incompressible(3000), link, { enter: ENTER, leave: LEAVE, expect: { text: 'ready', withinMs: 1000 } });
  await expect(job).rejects.toMatchObject({ kind: 'expect', exitCode: 10, message: expect.stringContaining('the flash is proven') as string });
});

test('without being brought there it is not found', async () => {
  const { link } = await wired(APPLICATION);
  await expect(runJob(incompressible(3000), link)).rejects.toMatchObject({ kind: 'bootloader' });
});

describe('a job that fails', () => {
  test('before anything was erased gives the board back to its application', async () => {
    const { sim, link, resets } = await wired(APPLICATION);
    const before = flashOf(sim);
    const nowhere = imageOf({ address: 0x0808_0000 + 0x10_0000, bytes: new Uint8Array(0x8_0000 + 32) });
    await expect(runJob(nowhere, link, { enter: ENTER, leave: LEAVE })).rejects.toMatchObject({ kind: 'refused' });
    expect(resets).toEqual(['high', 'low']);
    expect(firstDifference(flashOf(sim), before)).toBeUndefined();
  });

  test('to bring the board there has sent nothing', async () => {
    const { link, resets } = await wired(APPLICATION);
    let sent = 0;
    const send = link.send.bind(link);
    link.send = (bytes) => (sent++, send(bytes));
    await expect(runJob(incompressible(100), link, { enter: { command: 'exit 1' }, leave: LEAVE })).rejects.toMatchObject({ kind: 'link', message: '--enter-cmd ended with exit code 1' });
    expect({ sent, resets }).toEqual({ sent: 0, resets: [] });
  });
});

test('info, verify and erase bring the board in, too', async () => {
  const asked = info({ to: 'sim:', enter: { command: 'exit 4' }, events: () => undefined });
  await expect(asked).rejects.toMatchObject({ kind: 'link', message: '--enter-cmd ended with exit code 4' });
  const said: string[] = [];
  await info({ to: 'sim:', enter: { command: 'echo in' }, leave: { command: 'echo out' }, events: (event) => said.push('text' in event ? event.text : '') });
  expect(said.filter((text) => /-cmd:/.test(text))).toEqual(['--enter-cmd: in', '--leave-cmd: out']);
});

test('a link without DTR and RTS is told so', async () => {
  await expect(runJob(incompressible(100), await openBoard(''), { enter: ENTER })).rejects.toMatchObject({ kind: 'usage', message: 'sim: has no DTR and RTS for --enter' });
});

test('a leave command that fails does not hide that the job is done', async () => {
  const { link } = await wired('chip=STM32H743xG');
  await expect(runJob(incompressible(100), link, { leave: { command: 'exit 7' } })).rejects.toMatchObject({
    kind: 'link', message: 'the job is done, but --leave-cmd ended with exit code 7',
  });
});

test('bytes for the application are sent before the first 0x7F', async () => {
  const link = await openBoard('');
  const sent: number[][] = [];
  const send = link.send.bind(link);
  link.send = (bytes) => {
    sent.push([...bytes]);
    // The virtual board has no application that understands it.
    return sent.length === 1 ? Promise.resolve() : send(bytes);
  };
  await runJob(incompressible(100), link, { enter: { send: Uint8Array.of(1, 2, 3) }, consent: () => Promise.resolve(true) });
  expect(sent.slice(0, 2)).toEqual([[1, 2, 3], [0x7f]]);
});
