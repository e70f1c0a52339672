import { describe, expect, test } from 'vitest';
import { parseLinkUrl, withoutCredentials } from '../../host/link/link-url.js';

describe('tcp://', () => {
  test('takes the line of AN3155 unless told otherwise', () => {
    expect(parseLinkUrl('tcp://10.0.0.5:4001')).toEqual({
      scheme: 'tcp', name: 'tcp://10.0.0.5:4001', host: '10.0.0.5', port: 4001, line: { baudRate: 115_200, parity: 'even', stopBits: 1 },
    });
  });

  test('takes baud rate, parity and stop bits', () => {
    expect(parseLinkUrl('tls://h:1?half-duplex=1')).toMatchObject({ line: { baudRate: 115_200, isHalfDuplex: true }, trust: {} });
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
    ['tcp://:4001', 'is no valid URL'],
    ['tcp:///x', 'lacks a host'],
    ['tcp://10.0.0.5:99999', 'has 99999 for a port; ports are numbers from 1 to 65535'],
    ['tcp://10.0.0.5:0', 'has 0 for a port'],
    ['tcp://10.0.0.5:http', 'has http for a port'],
    ['tcp://[::1]:70000?baud=9600', 'has 70000 for a port'],
    ['tcp://10.0.0.5:4001/path', 'behind the port'],
    ['tcp://10.0.0.5:4001?speed=1', 'no parameter "speed"; it has baud, parity, stop-bits, half-duplex'],
    ['tcp://10.0.0.5:4001?toString=1', 'no parameter "toString"'],
    ['tcp://10.0.0.5:4001?baud=115200&baud=9600', '"baud" is given twice'],
    ['tcp://10.0.0.5:4001?baud=fast', 'a whole number from 1200 to 4000000 is'],
    ['tcp://10.0.0.5:4001?baud=4000001', 'baud=4000001 is not possible'],
    ['tcp://10.0.0.5:4001?parity=mark', 'none, even, odd are'],
    ['tcp://10.0.0.5:4001?parity=constructor', 'none, even, odd are'],
    ['tcp://10.0.0.5:4001?stop-bits=1.5', '1 and 2 are'],
    ['udp://10.0.0.5:4001?half-duplex=yes', 'half-duplex=yes is not possible; only 1 is'],
    ['tcp://%zz:4001', 'a % that is none of a URL'],
    ['ftp://10.0.0.5:4001', '"ftp:" is no kind of link'],
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

describe('udp:// and rfc2217://', () => {
  test('take what tcp:// takes', () => {
    expect(parseLinkUrl('udp://h:1?baud=9600')).toEqual({ scheme: 'udp', name: 'udp://h:1', host: 'h', port: 1, line: { baudRate: 9600, parity: 'even', stopBits: 1 } });
    expect(parseLinkUrl('rfc2217://[::1]:1?parity=none')).toMatchObject({ scheme: 'rfc2217', name: 'rfc2217://[::1]:1', host: '::1', line: { parity: 'none' } });
  });

  test('udp:// may name our own port, for converters that know one address only', () => {
    expect(parseLinkUrl('udp://h:1?local-port=4002')).toMatchObject({ localPort: 4002 });
    expect(() => parseLinkUrl('udp://h:1?local-port=65536')).toThrow('a port from 1 to 65535 is');
    expect(() => parseLinkUrl('tcp://h:1?local-port=1')).toThrow('no parameter "local-port"');
  });
});

describe('tls://', () => {
  const PIN = 'AB'.repeat(32);

  test('takes files and a pin, however the pin is spelled', () => {
    expect(parseLinkUrl(`tls://h:1?ca=a.pem&pin=${PIN.match(/../g)!.join(':')}&cert=c.pem&key=k.pem&baud=9600`)).toEqual({
      scheme: 'tls', name: 'tls://h:1', host: 'h', port: 1, line: { baudRate: 9600, parity: 'even', stopBits: 1 },
      trust: { caFile: 'a.pem', pin: PIN.toLowerCase(), certificateFile: 'c.pem', keyFile: 'k.pem' },
    });
  });

  test.each([
    ['pin=abcd', '64 hexadecimal digits'],
    ['cert=c.pem', 'wants cert and key together'],
    ['ca=', 'a file is'],
    ['insecure-accept-any-certificate=yes', 'only 1 is'],
    [`insecure-accept-any-certificate=1&pin=${PIN}`, 'check it at once'],
    ['verify=no', 'no parameter "verify"'],
  ])('?%s is a usage error', (query, message) => {
    expect(() => parseLinkUrl(`tls://h:1?${query}`)).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringContaining(message) as string }));
  });
});

describe('serial:', () => {
  test.each([
    ['serial:///dev/ttyUSB0?baud=57600', '/dev/ttyUSB0', 'serial:///dev/ttyUSB0'],
    ['serial:/dev/ttyUSB0', '/dev/ttyUSB0', 'serial:///dev/ttyUSB0'],
    ['serial:///dev/serial/by-id/usb-A%20B', '/dev/serial/by-id/usb-A B', 'serial:///dev/serial/by-id/usb-A B'],
    ['serial:///COM3', 'COM3', 'serial:///COM3'],
    ['serial:COM12', 'COM12', 'serial:///COM12'],
  ])('%s is %s', (url, path, name) => expect(parseLinkUrl(url)).toMatchObject({ scheme: 'serial', path, name }));

  test.each(['serial:', 'serial://', 'serial:///', 'serial:ttyUSB0', 'serial:///dev/ttyUSB0?speed=1', 'serial:///%zz'])('%s is a usage error', (url) => {
    expect(() => parseLinkUrl(url)).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});

describe('exec:', () => {
  test('takes the whole rest as the command, question marks and all', () => {
    expect(parseLinkUrl('exec:ssh gw "nc 10.0.0.5 4001" # why?')).toMatchObject({ scheme: 'exec', command: 'ssh gw "nc 10.0.0.5 4001" # why?', line: { baudRate: 115_200 } });
  });

  test('may say first what the line is set to', () => {
    expect(parseLinkUrl('exec:?baud=9600&parity=none socat - /dev/x')).toMatchObject({ command: 'socat - /dev/x', line: { baudRate: 9600, parity: 'none' } });
  });

  test.each([
    ['exec:sshpass -p secret ssh gw', 'exec:sshpass'],
    ['exec:PASSWORD=secret /usr/bin/tunnel x', 'exec:tunnel'],
    ['exec:"$SECRET" x', 'exec:a command'],
  ])('%s is called %s', (url, name) => expect(parseLinkUrl(url).name).toBe(name));

  test.each(['exec:', 'exec: ', 'exec:?baud=9600', 'exec:?speed=1 cat'])('"%s" is a usage error', (url) => {
    expect(() => parseLinkUrl(url)).toThrow(expect.objectContaining({ kind: 'usage' }));
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
