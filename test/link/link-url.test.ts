import { describe, expect, test } from 'vitest';
import { parseLinkUrl, withoutCredentials } from '../../host/link/link-url.js';

describe('tcp://', () => {
  test('takes the line of AN3155 unless told otherwise', () => {
    expect(parseLinkUrl('tcp://10.0.0.5:4001')).toEqual({
      scheme: 'tcp', name: 'tcp://10.0.0.5:4001', host: '10.0.0.5', port: 4001, line: { baudRate: 115_200, parity: 'even', stopBits: 1 },
    });
  });

  test('takes baud rate, parity and stop bits', () => {
    expect(parseLinkUrl('tcp://h:1?baud=921600&parity=none&stop-bits=2')).toMatchObject({ line: { baudRate: 921_600, parity: 'none', stopBits: 2 } });
  });

  test('frees an IPv6 address of its brackets, for the socket wants none', () => {
    expect(parseLinkUrl('tcp://[fe80::1]:4001/')).toMatchObject({ host: 'fe80::1', name: 'tcp://[fe80::1]:4001' });
  });

  test('has one name per endpoint however it is spelled', () => {
    expect(parseLinkUrl('TCP://Gateway.Example:04001?baud=9600').name).toBe(parseLinkUrl('tcp://gateway.example:4001').name);
  });

  test.each([
    ['tcp://10.0.0.5', 'lacks a port'],
    ['tcp://10.0.0.5:0', 'lacks a port'],
    ['tcp://:4001', 'is no valid URL'],
    ['tcp:///x', 'lacks a host'],
    ['tcp://10.0.0.5:99999', 'is no valid URL'],
    ['tcp://10.0.0.5:4001/path', 'behind the port'],
    ['tcp://10.0.0.5:4001?speed=1', 'no parameter "speed"; it has baud, parity, stop-bits'],
    ['tcp://10.0.0.5:4001?toString=1', 'no parameter "toString"'],
    ['tcp://10.0.0.5:4001?baud=115200&baud=9600', '"baud" is given twice'],
    ['tcp://10.0.0.5:4001?baud=fast', 'a whole number from 1200 to 4000000 is'],
    ['tcp://10.0.0.5:4001?baud=4000001', 'baud=4000001 is not possible'],
    ['tcp://10.0.0.5:4001?parity=mark', 'none, even, odd are'],
    ['tcp://10.0.0.5:4001?parity=constructor', 'none, even, odd are'],
    ['tcp://10.0.0.5:4001?stop-bits=1.5', '1 and 2 are'],
    ['udp://10.0.0.5:4001', '"udp:" is no kind of link'],
    ['10.0.0.5:4001', 'is no link URL'],
    ['', 'is no link URL'],
  ])('%s is a usage error', (url, message) => {
    expect(() => parseLinkUrl(url)).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringContaining(message) as string }));
  });

  test.each(['tcp://bob:secret@10.0.0.5:4001', 'tcp://bob:sec@ret@10.0.0.5', 'tcp://bob:secret@10.0.0.5:99999', 'bob://bob:secret@x'])('no message repeats the password of %s', (url) => {
    try {
      parseLinkUrl(url);
      expect.unreachable('the URL was accepted');
    } catch (error) {
      expect(String(error)).not.toMatch(/sec/);
    }
  });
});

test('sim: hands its parameters on unread', () => {
  const target = parseLinkUrl('sim:?chip=STM32H743xI&rtt=600ms');
  expect(target.scheme === 'sim' && Object.fromEntries(target.parameters)).toEqual({ chip: 'STM32H743xI', rtt: '600ms' });
  expect(parseLinkUrl('sim:')).toMatchObject({ scheme: 'sim', name: 'sim:' });
  expect(() => parseLinkUrl('sim:board?chip=x')).toThrow('between "sim:" and "?"');
});

test('credentials are cut out of whatever looks like a URL', () => {
  expect(withoutCredentials('tls://u:p@h:1/a@b')).toBe('tls://***@h:1/a@b');
  expect(withoutCredentials('tcp://h:1')).toBe('tcp://h:1');
});
