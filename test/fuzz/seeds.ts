/** What a fuzzer begins with: streams of small plans as the host makes them, by each way to bring the content over. */
import { diffContent } from '../../host/codec/diff-content.js';
import { packContent } from '../../host/codec/pack-content.js';
import { findPart } from '../../host/device/h7-parts.js';
import { buildPlan, sectorRuns } from '../../host/plan/build-plan.js';
import type { Plan } from '../../host/plan/plan.js';
import { sectorContents } from '../../host/plan/sector-contents.js';
import { planStream, updateStream, type PackedRuns, type Packing } from '../../host/plan/stream.js';
import { updateSchedule } from '../../host/plan/update-schedule.js';
import { LIMITS, MESSAGES, STUB_OPTIONS } from '../../host/protocol/wire.js';
import { crc32 } from '../../host/protocol/crc32.js';
import { movedContent } from '../codec/moved-content.js';
import { imageOf } from '../e2e/virtual-board.js';
import { packable, program } from '../soak/programs.js';

const part = findPart('STM32H743xI')!;
/** desk-flash.c: what every sector holds before. */
const EARLIER_LIFE = 0xa5;
const image = imageOf(packable(program(0x0800_0000, 700, 1)), packable(program(0x0802_0000, 500, 2)), packable(program(0x0810_0000, 600, 3)));
const earlier = { address: 0x0800_0000, bytes: new Uint8Array(0x4_0000).fill(EARLIER_LIFE) };
/** The desk has the codec linked in; this stands for it (stub-fuzz.c). */
const packing = async (content: Promise<PackedRuns>): Promise<Packing> => ({ content: await content, codec: Uint8Array.from(Buffer.from('code')) });
/** Shorter than the silence at the end of an input. */
const ORPHAN_MS = 200;
const MEMORY = { historyBytes: 0x8000, halfTheShifts: 4096 };

const update = movedContent(30, 4, 2500);
const at = (bytes: Uint8Array) => imageOf({ address: 0x0800_0000, bytes });
/** The same code twice, further apart than the stub's RAM remembers. */
const apart = at(Uint8Array.of(...update.old.subarray(0, 1500), ...new Uint8Array(40_000), ...update.old.subarray(0, 1500)));

/** Whole units, as DATA carries them. */
const padded = (stream: Uint8Array): Uint8Array => Uint8Array.of(...stream, ...new Uint8Array(-stream.length & (LIMITS.unitBytes.value - 1)));

/** A program, and another in its place. */
async function oldAndNew(): Promise<Uint8Array> {
  const [before, after] = [at(update.old), at(update.new)].map((image) => buildPlan(image, part, { sectorDigests: undefined })) as [Plan, Plan];
  const [runs, steps] = [sectorRuns(after), updateSchedule(after)!];
  const targets = runs.map((run, index) => ({ run, readable: steps[index]!.readable }));
  const held = { address: 0x0800_0000, bytes: sectorContents(at(update.old), part)[0]!.content };
  return Uint8Array.of(...planStream(before), ...updateStream(after, steps, runs, await packing(diffContent([held], targets, MEMORY, { threads: 0 }))));
}

const words = (...values: number[]): Uint8Array => Uint8Array.of(...values.flatMap((value) => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]));

/** A frame in the form that stub-fuzz.c makes one of: 0, type, mask, offset (units, misaligned or not, high byte), length, payload. */
function message(name: keyof typeof MESSAGES, payload: Uint8Array): readonly number[] {
  return [0, MESSAGES[name].id, 0, 0, 0, 0, payload.length & 0xff, payload.length >>> 8, ...payload];
}

/** What hosts ask beside the stream: each question, of the right length and not; of ranges in flash and beyond it. */
function conversations(stream: Uint8Array): Readonly<Record<string, Uint8Array>> {
  const ranges = words(0, 300, 0x0802_0000, 700, 0x1000_0000, 16, 0x0810_0000, 40);
  const asked = (['hello', 'poll'] as const).flatMap((name) => message(name, words()));
  const digest = message('digest', words(0, 0, 0x0800_0000, 0x2_0000, 0x0811_ff00, 0x200));
  const short = (['digest', 'read', 'rate', 'leave', 'take'] as const).flatMap((name) => message(name, words(1).subarray(0, 3)));
  const data = message('data', stream);
  return {
    asked: Uint8Array.of(...asked, ...data, ...asked, ...message('read', ranges), ...short),
    digested: Uint8Array.of(...digest, ...asked, ...data, ...digest),
    rated: Uint8Array.of(...message('rate', words(115_200, 921_600, 500)), ...data, ...message('rate', words(115_200, 0, 0))),
    left: Uint8Array.of(...data, ...message('leave', words(0))),
    gone: Uint8Array.of(...asked, ...message('leave', words(0x0800_0000))),
    taken: Uint8Array.of(...message('take', words(0x5afe_0001, 0)), ...data, ...asked),
    hushed: Uint8Array.of(...message('take', words(0x5afe_0001, 1 << STUB_OPTIONS.onlyWhenAsked.bit)), ...data, ...asked),
    refused: Uint8Array.of(...message('data', Uint8Array.of(0xee, ...new Uint8Array(127))), ...asked, ...message('leave', words(0))),
  };
}

/** By name; in the form that stub-fuzz.c reads. */
export async function seedInputs(): Promise<ReadonlyMap<string, Uint8Array>> {
  const plan = buildPlan(image, part, { sectorDigests: undefined });
  const runs = sectorRuns(plan);
  const steps = updateSchedule(plan)!;
  const targets = runs.map((run, index) => ({ run, readable: steps[index]!.readable }));
  const digests = sectorContents(image, part).map(({ content }) => crc32(content));
  const keeping = buildPlan(image, part, { sectorDigests: [digests[0], ...Array<undefined>(15)] });
  const streams = {
    stored: planStream(plan, undefined, ORPHAN_MS),
    packed: planStream(plan, await packing(packContent(runs, { threads: 0 }))),
    update: updateStream(plan, steps, runs, await packing(diffContent([earlier], targets, MEMORY, { threads: 0 }))),
    kept: planStream(keeping, undefined, ORPHAN_MS),
    apart: planStream(buildPlan(apart, part, { sectorDigests: undefined }), await packing(packContent(sectorRuns(buildPlan(apart, part, { sectorDigests: undefined })), { threads: 0 }))),
    moved: await oldAndNew(),
  };
  const forms = [...Object.entries(streams).map(([name, stream]) => [name, 0, stream] as const), ...Object.entries(conversations(padded(streams.packed))).map(([name, line]) => [name, 1, line] as const)];
  return new Map(forms.flatMap(([name, form, bytes]) => [1, 2, 3].map((seed) => [`${name}-${seed}`, Uint8Array.of(form, seed, ...bytes)] as const)));
}
