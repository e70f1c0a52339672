/** `stage-flash doctor` as a whole: no connection is a finding, a URL that is none is not, and the record says all. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { doctor } from '../../host/doctor.js';
import { FINDINGS } from '../../host/doctor/findings.js';
import type { JobEvent } from '../../host/events.js';

const events = (): void => undefined;

async function withServer<Result>(server: Server, use: (url: string) => Promise<Result>): Promise<Result> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

describe('without a connection', () => {
  test('a port that refuses is named', async () => {
    const url = await withServer(createServer(), (taken) => Promise.resolve(taken));
    const { outcome, text, details } = await doctor({ to: url, events });
    expect(outcome).toBe('findings');
    expect(details.doctor.findings.map(({ name }) => name)).toEqual(['refused']);
    expect(text).toContain(`${url} refused the connection`);
  });

  test('a converter that hangs up at once is busy', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).resetAndDestroy());
    const { details } = await withServer(server, (to) => doctor({ to, events }));
    expect(details.doctor.findings.map(({ name }) => name)).toEqual(['busy']);
  });

  test('a trouble without a row of its own says itself what it means', async () => {
    const { details } = await doctor({ to: 'exec:false', events });
    expect(details.doctor.findings).toHaveLength(1);
    expect(details.doctor.findings[0]!.remedy).not.toBe('');
  });

  test('a chip that there is not is a wrong command line, too', async () => {
    await expect(doctor({ to: 'sim:', chip: 'STM32F0', events })).rejects.toMatchObject({ kind: 'usage', exitCode: 2 });
  });

  test.each(['tcp://nowhere', 'sim:?profile=mars', 'carrier-pigeon://x'])('%s is a wrong command line, not a finding', async (to) => {
    await expect(doctor({ to, events })).rejects.toMatchObject({ kind: 'usage', exitCode: 2 });
  });
});

describe('on the virtual board', () => {
  test('a healthy link is told in facts, and the record has them', async () => {
    const { outcome, text, details } = await doctor({ to: 'sim:?rtt=100ms', events });
    expect(outcome).toBe('healthy');
    expect(text).toMatch(/round trip +101 ms \/ 101 ms \/ 101 ms/);
    expect(text).toMatch(/ROM bootloader +0x92, protocol V3\.1; known bugs: PB14/);
    expect(text).toMatch(/Healthy: nothing was found\./);
    expect(details).toMatchObject({ flash: 'untouched', link: { name: 'sim:' }, doctor: { findings: [], facts: { bitRate: { believed: 115_200, measured: 115_200 } } } });
  });

  test('a trouble has evidence, meaning and remedy, each on its line', async () => {
    const { outcome, text, details } = await doctor({ to: 'sim:?fault=parity=none', events });
    const [meaning, remedy] = FINDINGS['no-parity'];
    expect(outcome).toBe('findings');
    expect(details.doctor.findings).toEqual([{ name: 'no-parity', evidence: expect.stringContaining('02 FD') as string, meaning, remedy }]);
    expect(text.split('\n').slice(-3)).toEqual([expect.stringContaining('seen:') as string, `  means:  ${meaning}`, `  remedy: ${remedy}`]);
  });

  test('each question is told before it is asked, and each trouble when it is found', async () => {
    const told: JobEvent[] = [];
    await doctor({ to: 'sim:?fault=echo', events: (event) => told.push(event) });
    const texts = told.map(({ type, ...rest }) => ('text' in rest ? rest.text : type));
    expect(texts).toContain('Does a bootloader answer?');
    expect(texts.findIndex((text) => text.startsWith('Found: echo'))).toBeGreaterThan(texts.indexOf('Does a bootloader answer?'));
  });

  test('Ctrl-C ends it in order', async () => {
    const controller = new AbortController();
    const asked = doctor({ to: 'sim:', signal: controller.signal, events: ({ type }) => { if (type === 'note') controller.abort(); } });
    await expect(asked).rejects.toMatchObject({ kind: 'interrupted', exitCode: 130 });
  });
});

test('README.md shows what the doctor says', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const { text } = await doctor({ to: 'sim:?rtt=620ms&fault=xonxoff,heartbeat-network', events });
  expect(readme).toContain(`<!-- doctor:begin -->\n\`\`\`\n${text}\n\`\`\`\n<!-- doctor:end -->`);
});

test('every trouble says in whole sentences what it means and what to change', () => {
  for (const [name, [meaning, remedy]] of Object.entries(FINDINGS)) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(meaning).toMatch(/^[A-Z0][^]*[.)]$/);
    expect(remedy).toMatch(/^[A-Z0][^]*\.$/);
  }
});

test.each([
  ['fault=lose=0.2', /burst +14\d\d of 1460 bytes at once pass: no buffer is full, but some got lost/, /seen: +now and then: /],
  ['buffer=512&back-pressure=no', /burst +512 of 1460 bytes at once: so much the converter's buffer holds/, /seen: +of 1460 bytes that came at once, no more than 512/],
])('%s: what was measured and what was found do not contradict each other', async (query, measured, found) => {
  const { text } = await doctor({ to: `sim:?rtt=100ms&${query}`, events });
  expect(text).toMatch(measured);
  expect(text).toMatch(found);
});

test('a line with one pair of wires is told what to say, and is healthy once it is said', async () => {
  const { text, outcome } = await doctor({ to: 'sim:?rtt=100ms&fault=half-duplex', events });
  expect([outcome, text.includes('half-duplex=1')]).toEqual(['findings', true]);
  expect((await doctor({ to: 'sim:?rtt=100ms&fault=half-duplex&half-duplex=1', events })).outcome).toBe('healthy');
});
