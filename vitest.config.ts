import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/**
 * Tests that watch the clock while they attack, kill or load a server. They run one file at a time and after the
 * others, so that what they measure is the server and not the other tests.
 */
const undisturbed = [
  'packages/server/src/sandbox/hostile-*.test.ts',
  'packages/server/test/hostile-rules-*.test.ts',
  'packages/server/test/crash.test.ts',
  'packages/server/test/authentication-timing.test.ts',
]

// Most tests wait for a server or a program of their own; left to itself, vitest keeps a processor back.
const maxWorkers = Math.max(2, availableParallelism())

/** The public clients, which keep a processor busy with themselves for a while; after the rooms, lest they slow them. */
const clients = ['packages/clients-proof/test/*.test.ts']

/**
 * Tests of rooms that leave nothing behind in their process. They share it with each other, and what they import is
 * imported once: it would take a quarter of their time, file by file.
 */
const together = [
  'packages/server/src/{domain,http,keys,storage,token}/**/*.test.ts',
  'packages/cli/src/**/*.test.ts',
  'packages/management-api/**/*.test.ts',
]

const shared = { pool: 'forks', testTimeout: 20_000, hookTimeout: 60_000 } as const

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'rooms',
          include: ['packages/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...undisturbed, ...clients, ...together],
          globalSetup: ['packages/cli/test/install-wt-cli.ts'],
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'together',
          include: together,
          exclude: ['**/node_modules/**'],
          isolate: false,
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'clients',
          include: clients,
          testTimeout: 60_000,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'undisturbed',
          include: undisturbed,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
