/** Uploads of one rule at the same time: each is taken, or is told plainly to come again. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../../test/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const sourceOf = (text: string) => `module.exports = (c, scope, a, x, cb) => cb(null, { scope }) // ${text}`

test('of uploads that create and replace one rule at the same time each becomes a version', async () => {
  for (const round of [1, 2]) {
    const texts = ['a', 'b', 'c', 'd'].map((text) => text + round)
    await Promise.all(texts.map((text) => server.uploadRule({ name: 'busy', source: sourceOf(text) })))
    const [rule] = await server.management.rules.list()
    expect(rule?.version.number).toBe(4 * round)
  }
})
