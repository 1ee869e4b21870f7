/** `npm run samples`: the samples of docs/resource-servers/ in languages that a machine for Node may not have. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'samples',
    include: ['packages/clients-proof/test/*.samples.ts'],
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
