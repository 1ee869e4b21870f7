import { afterAll, beforeAll, expect, test } from 'vitest'
import { sampleExchange } from '../../../test/storage-conformance/log-samples.ts'
import { startTwoTenants, type TwoTenants } from '../../../test/two-tenants.ts'
import type { ExchangeLogEntry } from '../../domain/log-entry.ts'
import { newLogEntryId } from '../../logs/log-entry-id.ts'

const now = new Date('2030-06-15T12:00:00Z')
let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants({ now: () => now })
  await exchange('2030-06-15T01:00:00Z')
  await exchange('2030-06-15T23:59:59Z')
  await exchange('2030-06-14T00:00:00Z', { audience: 'urn:other' })
  await exchange('2030-06-14T00:00:00Z', { type: 'feccft' })
  await exchange('2030-05-01T00:00:00Z')
})
afterAll(() => world.close())

async function exchange(at: string, changes: Partial<ExchangeLogEntry> = {}): Promise<void> {
  const { storage } = world.rooms
  const entry = sampleExchange(1, {
    tenantId: world.mine.tenant.id,
    id: newLogEntryId(),
    at: new Date(at),
    ...changes,
  })
  await storage.commit([storage.logEntries.insert(entry)])
}

test.each([
  'from=2030-06-15',
  'from=20301301',
  'to=20300230',
  'from=20280101&to=20300101',
  'day=1',
  'client_id=',
])('counts of what is no time, or of too long a time, are refused: %s', async (query) => {
  const response = await world.mine.fetch(`/api/v2/stats/tokens?${query}`, {
    headers: { authorization: `Bearer ${await world.mine.token(['read:stats'])}` },
  })
  expect(response.status).toBe(400)
})

test('tokens are counted per client, API and day', async () => {
  const { stats } = world.mine.connection
  const api = 'https://api.example.com/'
  expect(await stats.tokens()).toEqual([
    { date: '2030-06-14', client_id: 'client_1', audience: '', issued: 0, refused: 1 },
    { date: '2030-06-14', client_id: 'client_1', audience: 'urn:other', issued: 1, refused: 0 },
    { date: '2030-06-15', client_id: 'client_1', audience: api, issued: 2, refused: 0 },
  ])
  expect(await stats.tokens({ audience: api, from: '20300501', to: '20300614' })).toEqual([
    { date: '2030-05-01', client_id: 'client_1', audience: api, issued: 1, refused: 0 },
  ])
  expect(await stats.tokens({ client_id: 'client_2' })).toEqual([])
  expect(await world.theirs.connection.stats.tokens()).toEqual([])
})

test('a day of Auth0 has as many log-ins as tokens were issued', async () => {
  const { stats } = world.mine.connection
  expect(await stats.daily({ from: '20300614', to: '20300615' })).toEqual([
    {
      date: '2030-06-14T00:00:00.000Z',
      logins: 1,
      signups: 0,
      leaked_passwords: 0,
      created_at: '2030-06-14T00:00:00.000Z',
      updated_at: '2030-06-14T00:00:00.000Z',
    },
    expect.objectContaining({ logins: 2, updated_at: '2030-06-15T23:59:59.000Z' }),
  ])
  expect(await stats.activeClients()).toBe(1)
  expect(await world.theirs.connection.stats.activeClients()).toBe(0)
})
