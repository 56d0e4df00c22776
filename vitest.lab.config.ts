import { defineConfig } from 'vitest/config'

/** The lab suite, inside `lab world` (npm run test:lab): every file has a lab of its own. */
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    pool: 'forks',
    // They mostly wait. More at once than this starve each other on two cores.
    maxWorkers: 5,
    testTimeout: 120_000,
    hookTimeout: 120_000,

    reporters: ['default'],
  },
})
