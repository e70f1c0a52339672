import { describe, expect, test } from 'vitest';
import { StageFlashError } from '../../host/errors.js';
import { AN3155_LINE } from '../../host/link/line-settings.js';
import type { Link } from '../../host/link/link.js';
import { ReconnectingLink } from '../../host/link/reconnecting-link.js';

const gone = (message: string): StageFlashError => new StageFlashError('link', message);

/** A board behind connections that do what the test says; time passes only in `reopen`. */
class Connections {
  nowMs = 0;
  opened = 0;
  readonly closed: number[] = [];
  /** What reopening meets, attempt by attempt; then it succeeds. */
  readonly refusals: StageFlashError[] = [];
  broken: StageFlashError | undefined;

  open(): Link {
    const number = ++this.opened;
    this.broken = undefined;
    return {
      name: 'tcp://board',
      line: AN3155_LINE,
      now: () => this.nowMs,
      send: async () => this.#throwIfBroken(),
      receive: async () => {
        this.#throwIfBroken();
        return Uint8Array.of(number);
      },
      reopen: async (afterMs) => {
        this.nowMs += afterMs;
        const refusal = this.refusals.shift();
        if (refusal !== undefined) throw refusal;
        return this.open();
      },
      close: async () => void this.closed.push(number),
    };
  }

  #throwIfBroken(): void {
    if (this.broken !== undefined) throw this.broken;
  }
}

function reconnecting(budgetMs = 60_000, signal?: AbortSignal) {
  const connections = new Connections();
  const said: string[] = [];
  const link = new ReconnectingLink(connections.open(), { budgetMs, say: (text) => said.push(text), random: () => 0.5, signal });
  return { connections, link, said };
}

describe('a connection that breaks', () => {
  test('again and again, with nothing heard of the board in between, is given up when one budget is over', async () => {
    const { connections, link } = reconnecting(10_000);
    for (let breaks = 0; breaks < 20; breaks++) {
      connections.broken = gone('closed');
      connections.nowMs += 3000;
      const outcome = await link.receive(0).catch((error: unknown) => error);
      if (outcome instanceof StageFlashError) {
        expect(outcome.message).toBe('closed; gave up after 11 s');
        return;
      }
    }
    expect.unreachable('it goes on for ever');
  });

  test('again, after the board was heard, has a budget of its own', async () => {
    const { connections, link } = reconnecting(10_000);
    for (let breaks = 0; breaks < 20; breaks++) {
      connections.broken = gone('closed');
      connections.nowMs += 3000;
      await link.receive(0);
      link.confirm();
    }
    expect(link.renewals).toBe(20);
  });

  test('while receiving is made again, and nothing has arrived meanwhile', async () => {
    const { connections, link, said } = reconnecting();
    connections.broken = gone('tcp://board reset the connection');
    expect(await link.receive(0)).toHaveLength(0);
    expect(await link.receive(0)).toEqual(Uint8Array.of(2));
    expect(link.renewals).toBe(1);
    expect(connections.closed).toEqual([1]);
    expect(said).toEqual(['tcp://board reset the connection; connecting again', 'connected again after 0.5 s']);
  });

  test('while sending is made again, and the bytes count as lost', async () => {
    const { connections, link } = reconnecting();
    connections.broken = gone('reset');
    await link.send(Uint8Array.of(1));
    expect(link.renewals).toBe(1);
  });

  test('is tried for longer and longer while the port is busy, and each new reason is told once', async () => {
    const { connections, link, said } = reconnecting();
    connections.broken = gone('reset');
    connections.refusals.push(gone('refused'), gone('refused'), gone('refused'));
    await link.receive(0);
    expect(connections.nowMs).toBe(500 + 1000 + 2000 + 4000);
    expect(said.filter((text) => text.startsWith('refused'))).toEqual(['refused; trying for 60 s more']);
  });

  test('ends the job when the budget is spent, with the last reason', async () => {
    const { connections, link } = reconnecting(3000);
    connections.broken = gone('reset');
    connections.refusals.push(...Array.from({ length: 20 }, () => gone('refused')));
    await expect(link.receive(0)).rejects.toMatchObject({ kind: 'link', message: expect.stringMatching(/^refused; gave up after [12]\.\d s$/) });
    expect(connections.nowMs).toBeLessThanOrEqual(3000);
  });

  test('is not made again after the user gave up', async () => {
    const controller = new AbortController();
    const { connections, link } = reconnecting(60_000, controller.signal);
    controller.abort();
    connections.broken = gone('closed');
    await expect(link.receive(0)).rejects.toThrow('closed');
    expect(connections.opened).toBe(1);
  });

  test('is not made again once the link is closed', async () => {
    const { connections, link } = reconnecting();
    await link.close();
    connections.broken = gone('closed');
    await expect(link.send(Uint8Array.of(1))).rejects.toThrow('closed');
  });
});

test('closing ends the connections that were made here, and leaves the first one to its maker', async () => {
  const untouched = reconnecting();
  await untouched.link.close();
  expect(untouched.connections.closed).toEqual([]);
  const renewed = reconnecting();
  await renewed.link.renew('nothing heard');
  await renewed.link.close();
  expect(renewed.connections.closed).toEqual([1, 2]);
});

test('an error that is not the connection’s own goes through', async () => {
  const { connections, link } = reconnecting();
  connections.broken = new StageFlashError('interrupted', 'interrupted');
  await expect(link.receive(0)).rejects.toMatchObject({ kind: 'interrupted' });
  expect(link.renewals).toBe(0);
});

test('a link that cannot be reopened stays broken', async () => {
  const { reopen: _, ...once } = new Connections().open();
  const link = new ReconnectingLink({ ...once, receive: () => Promise.reject(gone('reset')) }, { budgetMs: 60_000, say: () => undefined });
  await expect(link.receive(0)).rejects.toThrow('reset');
});

test('a connection that seems to live but brings nothing is given up on demand', async () => {
  const { connections, link, said } = reconnecting();
  await link.renew('nothing heard');
  expect(connections.closed).toEqual([1]);
  expect(link.renewals).toBe(1);
  expect(said[0]).toBe('nothing heard; connecting again');
});
