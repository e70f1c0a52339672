import { expect, test } from 'vitest';
import { buildPlan, sectorRuns } from '../../host/plan/build-plan.js';
import { planStream } from '../../host/plan/stream.js';
import { walkStream } from '../../host/plan/walk-stream.js';
import { image, part, run } from './images.js';

const H743 = part('STM32H743xI');
const PLAN = buildPlan(image(run(0x0800_0000, 0x400), run(0x0810_0000, 0x200)), H743, { sectorDigests: undefined });
/** Name, and how many flash words are for which address. */
const told = (stream: Uint8Array) => [...walkStream(stream, PLAN)].filter(({ name }) => name !== 'other').map((operation) => (operation.name === 'content' ? [operation.form, operation.address, operation.words] : operation.name));

test('stored content is walked through run by run, the vector’s flash word last', () => {
  expect(told(planStream(PLAN))).toEqual(['erase', 'fence', 'erase', ['stored', 0x0800_0020, 31], ['stored', 0x0810_0000, 16], 'prove', 'prove', ['stored', 0x0800_0000, 1]]);
});

test('packed content is shared out among the sectors, and every byte of the stream belongs to one operation', () => {
  const runs = sectorRuns(PLAN);
  const contentBytes = runs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const content = { parameters: 0x93, directoryBytes: 16, contentBytes, bytes: new Uint8Array(601), takenAfterRun: [401, 601] };
  const stream = planStream(PLAN, { content, codec: new Uint8Array(40) });
  expect(told(stream)).toEqual(['erase', 'fence', 'erase', ['packed', 0x0800_0020, 31], ['packed', 0x0810_0000, 16], 'prove', 'prove', ['stored', 0x0800_0000, 1]]);
  const operations = [...walkStream(stream, PLAN)];
  const packed = operations.filter((operation) => operation.name === 'content' && operation.form === 'packed');
  expect(packed.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(601);
  expect(operations.at(-1)!.to).toBe(stream.length);
});
