/** A follower is proven again while it follows, not only when it comes. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants({ heartbeatMs: 100 })
})
afterAll(() => world.close())

async function followAsReader() {
  const { clients, clientGrants } = world.mine.connection
  const { client_id } = await clients.create({ name: 'reader' })
  const audience = world.mine.issuer.managementAudience
  const grant = await clientGrants.create({ client_id, audience, scope: ['read:logs'] })
  const { body } = await world.mine.fetch('/api/v2/log-tail', {
    headers: { authorization: `Bearer ${await world.mine.token(['read:logs'], { client_id })}` },
  })
  let ended = false
  const reading = (async () => {
    for await (const _ of body ?? []);
    ended = true
  })()
  return { client_id, grant, reading, isEnded: () => ended }
}

type Reader = Awaited<ReturnType<typeof followAsReader>>

test.each([
  ['deleted', ({ client_id }: Reader) => world.mine.connection.clients.delete(client_id)],
  [
    'disabled',
    ({ client_id }: Reader) => world.mine.connection.clients.update(client_id, { enabled: false }),
  ],
  ['left without its grant', ({ grant }: Reader) => world.mine.connection.clientGrants.delete(grant.id)],
  [
    'left without the scope',
    ({ grant }: Reader) => world.mine.connection.clientGrants.update(grant.id, { scope: ['read:clients'] }),
  ],
])('the tail of a client that is %s ends, though the log is never silent', async (_, takeAway) => {
  const reader = await followAsReader()
  const busy = setInterval(() => void world.mine.connection.tenantSettings.update({}), 20)
  try {
    await new Promise((resolve) => setTimeout(resolve, 350))
    expect(reader.isEnded()).toBe(false)
    await takeAway(reader)
    await reader.reading
  } finally {
    clearInterval(busy)
  }
})

test('while nothing happens a follower hears that the line is alive', async () => {
  const { body } = await world.mine.fetch('/api/v2/log-tail', {
    headers: { authorization: `Bearer ${await world.mine.token(['read:logs'])}` },
  })
  let comments = 0
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    comments += text.match(/^: .+$/gm)?.length ?? 0
    if (comments >= 2) break
  }
  expect(comments).toBeGreaterThanOrEqual(2)
})
