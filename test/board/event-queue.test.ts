import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../host/board/event-queue.js';
import { Random } from '../../host/board/random.js';

describe('event queue', () => {
  it('runs a thousand events in the order of their time, and of their scheduling within one tick', () => {
    const queue = new EventQueue();
    const random = new Random(1);
    const scheduled = Array.from({ length: 1000 }, (_, order) => ({ tick: random.below(50), order }));
    const ran: { tick: number; order: number }[] = [];
    for (const entry of scheduled) queue.at(entry.tick, () => ran.push(entry));
    queue.runDue(50);
    expect(ran).toEqual([...scheduled].sort((a, b) => a.tick - b.tick || a.order - b.order));
  });

  it('runs nothing that is not due and tells when the next event is', () => {
    const queue = new EventQueue();
    let ran = 0;
    queue.at(10, () => ran++);
    queue.runDue(9.999);
    expect(ran).toBe(0);
    expect(queue.nextTick).toBe(10);
    queue.runDue(10);
    expect(ran).toBe(1);
    expect(queue.nextTick).toBe(Infinity);
  });

  it('forgets an event that was taken back', () => {
    const queue = new EventQueue();
    let ran = 0;
    queue.at(1, () => ran++)();
    queue.at(2, () => (ran += 10));
    expect(queue.nextTick).toBe(2);
    queue.runDue(5);
    expect(ran).toBe(10);
  });

  it('runs in the same call what an event schedules for the same moment', () => {
    const queue = new EventQueue();
    const ran: string[] = [];
    queue.at(3, (tick) => queue.at(tick, () => ran.push('second')));
    queue.runDue(3);
    expect(ran).toEqual(['second']);
  });
});
