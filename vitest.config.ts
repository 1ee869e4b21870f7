import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { compiledCache } from './packages/server/test/compiled-cache.ts'

/**
 * Tests that watch the clock while they attack. They run one file at a time and after the others, so that what they
 * measure is the server and not the other tests.
 */
const undisturbed = [
  'packages/server/src/sandbox/hostile-*.test.ts',
  'packages/server/test/hostile-rules-*.test.ts',
  'packages/server/test/authentication-timing.test.ts',
]

/** The public clients, which keep a processor busy with themselves for a while. */
const clients = ['packages/clients-proof/test/*.test.ts']

/**
 * Files share the process of their worker and leave nothing behind in it. What they import is imported once in each
 * worker; file by file it would take as long as a third of the tests.
 *
 * The times here end what hangs, and judge nothing: on a machine that has half a processor to give, whatever works ends
 * within them. What must be quick says so itself, in time of its own.
 */
const shared = {
  pool: 'forks',
  isolate: false,
  setupFiles: 'tools/leaves-nothing-behind.ts',
  env: compiledCache,
  testTimeout: 300_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 60_000 } },
} as const

// Most tests wait for a server or a program of their own; left to itself, vitest keeps a processor back.
const maxWorkers = Math.max(2, availableParallelism())

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          // Of one group, projects begin in the order of their names: the longest files, which are here, come first.
          name: 'clients',
          include: clients,
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'rooms',
          include: ['packages/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...undisturbed, ...clients],
          globalSetup: ['packages/cli/test/install-wt-cli.ts'],
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'undisturbed',
          include: undisturbed,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
