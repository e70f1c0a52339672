import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBoardOptions } from '../../host/board/board-options.js';
import { createWorld } from '../../host/board/create-world.js';
import { StageFlashError } from '../../host/errors.js';

describe('fault names', () => {
  const refused = (spec: string) => () => createWorld(parseBoardOptions(new URLSearchParams(`fault=${encodeURIComponent(spec)}`)));

  it('that do not exist are refused with the list of those that do', () => {
    expect(refused('gremlins')).toThrow(StageFlashError);
    expect(refused('gremlins')).toThrow(/no fault "gremlins"/);
  });

  it('with an argument that means nothing are refused', () => {
    expect(refused('lose=much')).toThrow(/fault lose: "much"/);
    expect(refused('ghost=7')).toThrow(/fault ghost: "7" is not a duration/);
    expect(refused('power-cut@flash-op=1:never')).toThrow(/"never" is not one of before, middle, late/);
  });

  it('come in groups, each with a test that leaves none out', () => {
    const groups = readdirSync(new URL('../../host/board/faults/', import.meta.url)).filter((file) => file.endsWith('-faults.ts'));
    const tests = readdirSync(new URL('faults/', import.meta.url)).filter((file) => file.endsWith('.test.ts'));
    expect(tests.sort()).toEqual(groups.map((file) => file.replace('.ts', '.test.ts')).sort());
  });
});
