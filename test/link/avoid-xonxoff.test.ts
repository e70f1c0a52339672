import { expect, test } from 'vitest';
import { avoidXonXoff } from '../../host/link/avoid-xonxoff.js';
import { countTraffic } from '../../host/link/counting-link.js';
import type { Link } from '../../host/link/link.js';
import { ReconnectingLink } from '../../host/link/reconnecting-link.js';

function recording(): { readonly link: Link; readonly sent: number[] } {
  const sent: number[] = [];
  const link: Link = {
    name: 'x', line: { baudRate: 9600, parity: 'even', stopBits: 1 }, now: () => 0, close: async () => undefined,
    send: async (bytes) => void sent.push(...bytes), receive: async () => new Uint8Array(), reopen: async () => recording().link,
  };
  return { link, sent };
}

test('such a link lets neither byte through, and says so', async () => {
  const { link, sent } = recording();
  const avoiding = avoidXonXoff(link);
  await avoiding.send(Uint8Array.of(0x10, 0x12, 0x14, 0x93));
  for (const byte of [0x11, 0x13]) {
    await expect(avoiding.send(Uint8Array.of(1, byte))).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining(`0x${byte.toString(16)}`) as string });
  }
  expect(sent).toEqual([0x10, 0x12, 0x14, 0x93]);
});

test('whatever is wrapped around it knows, and so does the next connection', async () => {
  const counted = countTraffic(avoidXonXoff(recording().link));
  expect(counted.hasXonXoff).toBe(true);
  expect(new ReconnectingLink(counted, { budgetMs: 1, say: () => undefined }).hasXonXoff).toBe(true);
  expect((await counted.reopen!(0)).hasXonXoff).toBe(true);
  expect(countTraffic(recording().link).hasXonXoff).toBeUndefined();
});
