import { expect, test } from 'vitest';
import type { JobEvent, Phase } from '../../host/events.js';
import { PhaseClock } from '../../host/report/phase-clock.js';

const begins = (phase: Phase, atMs: number): JobEvent => ({ type: 'phase', phase, text: '', atMs });

test('a phase lasts until the next begins, the last one until now', () => {
  const clock = new PhaseClock(() => undefined);
  [begins('bootloader', 1000), begins('loader', 2500), begins('stream', 4000)].forEach(clock.hear);
  expect(clock.secondsUntil(9000)).toEqual({ bootloader: 1.5, loader: 1.5, stream: 5 });
  expect(clock.reached).toBe('stream');
});

test('asking twice counts nothing twice', () => {
  const clock = new PhaseClock(() => undefined);
  clock.hear(begins('stream', 0));
  clock.secondsUntil(1000);
  expect(clock.secondsUntil(3000)).toEqual({ stream: 3 });
});

test('a phase that comes again adds up', () => {
  const clock = new PhaseClock(() => undefined);
  [begins('bootloader', 0), begins('survey', 1000), begins('bootloader', 3000)].forEach(clock.hear);
  expect(clock.secondsUntil(3500)).toEqual({ bootloader: 1.5, survey: 2 });
});

test('what happens before there is a link has no time on its clock', () => {
  const clock = new PhaseClock(() => undefined);
  [begins('image', 0), begins('connect', 0), begins('bootloader', 777_000)].forEach(clock.hear);
  expect(clock.secondsUntil(778_000)).toEqual({ bootloader: 1 });
});

test('every event is passed on', () => {
  const heard: JobEvent[] = [];
  const clock = new PhaseClock((event) => heard.push(event));
  const note: JobEvent = { type: 'note', text: 'x', atMs: 1 };
  [begins('image', 0), note].forEach(clock.hear);
  expect(heard).toEqual([begins('image', 0), note]);
});
