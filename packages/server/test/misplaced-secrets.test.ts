/**
 * Secrets in places where none belongs, each longer than the place keeps: what is cut is masked before, so that not even
 * the beginning of a secret stays. Read back where anyone could read it: in the log and in the opened exchange record.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseLogEntryId } from '../src/domain/log-entry.ts'
import { createSecretText } from '../src/keys/secret/client-secret.ts'
import { revealSecret } from '../src/keys/secret/secret-text.ts'
import { startTwoTenants, type TwoTenants } from './two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

const ours = revealSecret(createSecretText('client'))
/** No form of ours: only that it was presented makes it a secret. */
const foreign = 'correct-horse-battery-staple-of-another-product'
/** Cuts are at 1,000 and at 100 characters. */
const before = (length: number) => 'x'.repeat(length)

/** The log entry and the exchange record of an answer, as text. */
async function keptOf(response: Response): Promise<string> {
  const { storage, encryption } = world.rooms
  const id = parseLogEntryId(response.headers.get('x-request-id') ?? '')
  if (!id) throw new TypeError('The answer has no request id.')
  const { id: tenantId } = world.mine.tenant
  const entry = await storage.logEntries.find(tenantId, id)
  expect(entry).toBeDefined()
  const record = await storage.exchangeRecords.find(tenantId, id)
  const identity = ['exchange_records', tenantId, id, 'content'] as const
  return JSON.stringify(entry) + (record ? encryption.decrypt(record.content, identity) : '')
}

describe('no answer says back', () => {
  const answerTo = async (fields: [string, string][], { fetch } = world.mine) => {
    const response = await fetch('/oauth/token', { method: 'POST', body: new URLSearchParams(fields) })
    expect(response.status).toBeGreaterThanOrEqual(400)
    return response.text()
  }
  const right = { grant_type: 'client_credentials', audience: 'urn:x', client_id: 'x', client_secret: 'y' }

  test.each<[string, [string, string][]]>([
    ['as the grant type', [['grant_type', ours]]],
    ['as a parameter that came twice', [...Object.entries(right), [ours, '1'], [ours, '2']]],
  ])('a secret of ours that came %s', async (_, fields) => {
    expect(await answerTo(fields)).not.toContain('tsk_')
  })

  test.each(['rfc', 'auth0'] as const)(
    'a secret of ours that came as scope or API, in profile %s',
    async (profile) => {
      const { connection, tenant } = world.mine
      await connection.tenantSettings.update({ profile })
      const { client_id, client_secret = '' } = await connection.clients.create({ name: 'machine' })
      const audience = `urn:${tenant.name}-${profile}`
      await connection.resourceServers.create({ identifier: audience })
      await connection.clientGrants.create({ client_id, audience, scope: [] })
      const proven = { ...right, client_id, client_secret, audience }
      for (const wrong of [{ scope: ours }, { audience: ours }, { scope: `${before(900)} ${ours}` }]) {
        expect(await answerTo(Object.entries({ ...proven, ...wrong }))).not.toContain('tsk_')
      }
      await connection.tenantSettings.update({ profile: 'rfc' })
    },
  )

  test('a secret of ours in a path that leads nowhere', async () => {
    for (const path of [
      `/${ours}`,
      `/${before(175)}/${ours}`,
      `/api/v2/${ours}`,
      `/api/v2/clients/${ours}`,
    ]) {
      const token = await world.mine.token()
      const answer = await world.mine.fetch(path, { headers: { authorization: `Bearer ${token}` } })
      expect(await answer.text()).not.toContain('tsk_')
    }
  })
})

describe('of a refused change', () => {
  const change = async (path: string, headers: Record<string, string> = {}) =>
    keptOf(await world.mine.fetch(path, { method: 'PUT', headers }))

  test.each([
    ['in the path', `/api/v2/clients/${ours}`],
    ['in the path, its letters percent-encoded', `/api/v2/clients/${ours.replaceAll('t', '%74')}`],
    ['in the path, where it is cut', `/api/v2/${before(970)}/${ours}`],
  ])('a secret of ours %s is not kept, nor its beginning', async (_where, path) => {
    const kept = await change(path)
    expect(kept).toContain('[secret]'.slice(0, 4))
    expect(kept).not.toContain(ours.slice(0, 15))
    expect(kept).not.toContain(ours.slice(-15))
  })

  test.each([0, 980, 995])(
    'a secret of ours after %i characters of the user agent is not kept',
    async (length) => {
      const kept = await change('/api/v2/clients/x', { 'user-agent': before(length) + ours })
      expect(kept).not.toContain('tsk_')
    },
  )

  test('the token that was presented is not kept where it stands in the path and the user agent as well', async () => {
    const token = await world.mine.token()
    const headers = { authorization: `Bearer ${token}`, 'user-agent': before(900) + token }
    const kept = await change(`/api/v2/clients/${token}`, headers)
    expect(kept).not.toContain(token.slice(0, 30))
  })

  test('a secret of ours as the name of an unknown member is not kept, where the name is cut', async () => {
    const response = await world.mine.fetch('/api/v2/clients', {
      method: 'POST',
      headers: { authorization: `Bearer ${await world.mine.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'x', [before(85) + ours]: 1 }),
    })
    expect(response.status).toBe(400)
    expect(await keptOf(response)).not.toContain('tsk_')
  })
})

describe('of a refused token request', () => {
  const ask = async (fields: [string, string][], headers: Record<string, string> = {}) =>
    keptOf(
      await world.mine.fetch('/oauth/token', {
        method: 'POST',
        headers,
        body: new URLSearchParams([['grant_type', 'client_credentials'], ['client_id', 'nobody'], ...fields]),
      }),
    )

  test.each([0, 960, 990])(
    'the presented secret after %i characters of the user agent is not kept',
    async (length) => {
      const kept = await ask(
        [
          ['client_secret', foreign],
          ['audience', 'urn:x'],
        ],
        {
          'user-agent': before(length) + foreign,
        },
      )
      expect(kept).not.toContain(foreign.slice(0, 8))
    },
  )

  test('the presented secret is not kept where another parameter holds it and is cut', async () => {
    const kept = await ask([
      ['client_secret', foreign],
      ['audience', before(980) + foreign],
    ])
    expect(kept).not.toContain(foreign.slice(0, 8))
  })

  test.each([0, 85])(
    'the presented secret after %i characters of the name of a repeated parameter is not kept',
    async (length) => {
      const name = before(length) + foreign
      const kept = await ask([
        ['client_secret', foreign],
        [name, '1'],
        [name, '2'],
      ])
      expect(kept).not.toContain(foreign.slice(0, 8))
    },
  )

  test.each(['audience', 'scope', 'client_id', 'x-of-rules'])(
    'a token, whoever issued it, is not kept as the parameter %s',
    async (name) => {
      const token = await world.mine.token()
      const signature = token.slice(token.lastIndexOf('.') + 1)
      expect(await ask([[name, token]], { 'user-agent': `agent ${token}` })).not.toContain(signature)
    },
  )

  test('of a request that could not be understood, the secret it presented is not kept either', async () => {
    for (const authorization of [
      `Basic ${Buffer.from(`nobody:${foreign}`).toString('base64')}`,
      `Bearer ${foreign}`,
    ]) {
      const kept = await ask(
        [
          ['scope', 'a'],
          ['scope', 'b'],
        ],
        { authorization, 'user-agent': foreign },
      )
      expect(kept).not.toContain(foreign)
    }
  })
})
