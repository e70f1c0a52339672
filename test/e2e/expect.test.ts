/** --expect: the application has a word of its own, heard over the same line after the reset. The demo's application is what speaks. */
import { describe, expect, test } from 'vitest';
import { demoImage } from '../../host/demo/run-demo.js';
import { incompressible, openBoard, runJob, flashOf } from './virtual-board.js';

const WITHIN = { withinMs: 5000 };

describe('an application that says what it should', () => {
  test.each([
    ['after the reset', 'boot0=pulse', {}],
    ['when it is started by --go', 'boot0=high', { after: { go: 0x0800_0000 } }],
    ['over a long way', 'boot0=pulse&rtt=2s&jitter=300ms', {}],
  ] as const)('%s', async (_, board, options) => {
    const link = await openBoard(`chip=STM32H743xI&${board}`);
    const { report } = await runJob(demoImage(), link, { ...options, expect: { text: 'self-check passed', ...WITHIN } });
    expect(report.outcome).toBe('flashed');
    expect(report.text).toContain('The application says “self-check passed”.');
    expect(report.details.application).toMatchObject({ expected: 'self-check passed', isHeard: true });
    expect(report.details.application!.said).toContain('stage-flash demo application');
  });

  test('is heard at once and not at the end of the time', async () => {
    const { report } = await runJob(demoImage(), await openBoard('boot0=pulse&rtt=50ms'), { expect: { text: 'demo application', withinMs: 3_000_000 } });
    expect(report.details.application!.seconds).toBeLessThan(2);
  });

  test('is heard for an image that was in flash already', async () => {
    const link = await openBoard('boot0=high&rtt=50ms');
    await runJob(demoImage(), link, { after: 'reset' });
    link.world.board.boot0 = 'low';
    const { report } = await runJob(demoImage(), link, { expect: { text: 'self-check passed', ...WITHIN } });
    expect(report.outcome).toBe('unchanged');
  });
});

describe('a proven flash without the expected words fails with an exit code of its own', () => {
  const notHeard = (hint: RegExp, message = 'the flash is proven, but the application did not say “ready”') =>
    ({ kind: 'expect', exitCode: 10, message: expect.stringContaining(message) as string, hint: expect.stringMatching(hint) as string });

  test('because the application says something else', async () => {
    const link = await openBoard('boot0=pulse&rtt=50ms');
    let details: unknown;
    await expect(runJob(demoImage(), link, { expect: { text: 'ready', ...WITHIN }, onEnd: (numbers) => (details = numbers) })).rejects.toMatchObject(notHeard(/What came from the line: “stage-flash demo/));
    expect(details).toMatchObject({ flash: 'proven', application: { isHeard: false, expected: 'ready' } });
  });

  test('because BOOT0 is still high', async () => {
    await expect(runJob(demoImage(), await openBoard('rtt=50ms'), { expect: { text: 'ready', ...WITHIN } })).rejects.toMatchObject(notHeard(/in its ROM bootloader again/));
  });

  test('because it is no application', async () => {
    const link = await openBoard('boot0=pulse&rtt=50ms&tolerate=all');
    await expect(runJob(incompressible(3000), link, { expect: { text: 'ready', withinMs: 2000 } })).rejects.toMatchObject(notHeard(/silent/));
    expect(flashOf(link).subarray(0, 3000)).toEqual(incompressible(3000).segments[0]!.bytes);
  });

  test('because it speaks with other settings of the line', async () => {
    const link = await openBoard('boot0=pulse&rtt=50ms&tolerate=all');
    const job = runJob(demoImage(), link, {
      expect: { text: 'ready', ...WITHIN },
      events: (event) => {
        if (event.type === 'phase' && event.phase === 'reset') link.world.converter.line = { ...link.world.converter.line, baudRate: 9600 };
      },
    });
    await expect(job).rejects.toMatchObject(notHeard(/same bit rate/));
  });
});
