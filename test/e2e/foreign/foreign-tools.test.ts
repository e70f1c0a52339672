import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findTool, mustSkip } from './foreign-tools.js';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('tests that need somebody else’s program', () => {
  it('run where it is', () => {
    expect(findTool('sh')).toMatch(/\/sh$/);
    expect(mustSkip('a shell', 'sh')).toBe(false);
  });

  it('are skipped aloud where it is not', () => {
    vi.stubEnv('CI', '');
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(mustSkip('a tool', 'sh', 'no-such-tool')).toBe(true);
    expect(warn).toHaveBeenCalledWith('skipped: a tool: no-such-tool not installed');
  });

  it.skipIf(!existsSync('/etc/debian_version'))('fail in CI on Debian, where test/setup.sh installs it', () => {
    vi.stubEnv('CI', 'true');
    expect(() => mustSkip('a tool', 'no-such-tool')).toThrow(/no-such-tool not installed; test\/setup\.sh/);
  });
});
