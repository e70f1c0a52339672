import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/folders-of-its-own.ts'],
    testTimeout: 60_000,
    maxWorkers: 2,
  },
});
