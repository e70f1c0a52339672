import { expect, test } from 'vitest';
import { countTraffic } from '../../host/link/counting-link.js';
import { ScriptedLink } from './scripted-link.js';

test('bytes are counted in both directions', async () => {
  const link = new ScriptedLink({ roundTripMs: 10 });
  link.farEnd = (bytes, atMs) => link.answer([...bytes, 1], atMs);
  const counted = countTraffic(link);
  await counted.send(Uint8Array.of(1, 2, 3));
  await counted.receive(1000);
  expect(counted.traffic).toEqual({ sentBytes: 3, receivedBytes: 4 });
});

test('bytes that could not be sent are not counted', async () => {
  const link = new ScriptedLink();
  link.send = () => Promise.reject(new Error('gone'));
  const counted = countTraffic(link);
  await expect(counted.send(Uint8Array.of(1))).rejects.toThrow('gone');
  expect(counted.traffic.sentBytes).toBe(0);
});

test('a link that is opened again goes on counting', async () => {
  const first = new ScriptedLink();
  const second = new ScriptedLink();
  const counted = countTraffic(Object.assign(first, { reopen: () => Promise.resolve(second) }));
  await counted.send(new Uint8Array(5));
  await (await counted.reopen!(0)).send(new Uint8Array(7));
  expect(counted.traffic.sentBytes).toBe(12);
});

test('a link that cannot be opened again does not pretend', () => {
  expect('reopen' in countTraffic(new ScriptedLink())).toBe(false);
});
