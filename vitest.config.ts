import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // Real WireGuard hosts, which want a world of their own: npm run test:lab.
    exclude: [...configDefaults.exclude, 'test/lab/**'],
    // One module graph per worker is ten times faster; the suite mocks no modules and keeps no global state.
    isolate: false,
    // better-sqlite3 and signals want processes of their own, not threads.
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
})
