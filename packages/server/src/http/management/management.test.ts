/** What holds for every operation of the management API, taken from the table of operations itself. */
import {
  managementScopes,
  type OperationName,
  operationNames,
  operations,
} from '@tallystick/management-api/contract'
import type { Operation } from '@tallystick/management-api/contract/operation'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTwoTenants, type TestTenant, type TwoTenants } from '../../../test/two-tenants.ts'
import { newLogEntryId } from '../../logs/log-entry-id.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

const random = {
  client: 'A'.repeat(32),
  api: 'f'.repeat(24),
  grant: `cgr_${'A'.repeat(16)}`,
  rule: `rul_${'A'.repeat(16)}`,
  version: `ver_${'A'.repeat(16)}`,
  log: newLogEntryId(),
}
type Ids = typeof random

/** One of everything, made anew, so that each test may delete what it likes. */
async function makeOneOfEach({
  connection,
  rooms,
  tenant,
}: TestTenant & Pick<TwoTenants, 'rooms'>): Promise<Ids> {
  const { client_id: client } = await connection.clients.create({ name: 'one' })
  const identifier = `https://api.example.com/${crypto.randomUUID()}/`
  const { id: api } = await connection.resourceServers.create({ identifier, scopes: [{ value: 'read' }] })
  const { id: grant } = await connection.clientGrants.create({
    client_id: client,
    audience: identifier,
    scope: ['read'],
  })
  const rule = await connection.rules.create({
    name: crypto.randomUUID(),
    code: 'module.exports = cb => cb()',
  })
  const [newest] = await rooms.storage.logEntries.list(
    tenant.id,
    {},
    { offset: 0, limit: 1, newestFirst: true },
  )
  return { client, api, grant, rule: rule.id, version: rule.version.id, log: newest?.id ?? random.log }
}

/** The id in the path of each operation that has one. */
const idInPath: Partial<Record<OperationName, keyof Ids>> = {
  getClient: 'client',
  updateClient: 'client',
  deleteClient: 'client',
  rotateClientSecret: 'client',
  getResourceServer: 'api',
  updateResourceServer: 'api',
  deleteResourceServer: 'api',
  getClientGrant: 'grant',
  updateClientGrant: 'grant',
  deleteClientGrant: 'grant',
  getRule: 'rule',
  updateRule: 'rule',
  deleteRule: 'rule',
  listRuleVersions: 'rule',
  getRuleVersion: 'rule',
  getLogEntry: 'log',
}

async function validBody(name: OperationName, tenant: TestTenant, ids: Ids): Promise<unknown> {
  switch (name) {
    case 'createClient':
      return { name: 'new' }
    case 'updateClient':
      return { name: 'renamed' }
    case 'createResourceServer':
      return { identifier: `urn:${crypto.randomUUID()}` }
    case 'updateResourceServer':
      return { token_lifetime: 60 }
    case 'createClientGrant': {
      const { identifier } = await tenant.connection.resourceServers.create({
        identifier: `urn:${crypto.randomUUID()}`,
      })
      return { client_id: ids.client, audience: identifier, scope: [] }
    }
    case 'updateClientGrant':
      return { scope: [] }
    case 'orderPipeline':
      return { order: (await tenant.connection.pipeline.get()).rules.map(({ id }) => id) }
    case 'createRule':
      return { name: crypto.randomUUID(), code: '1' }
    case 'updateRule':
      return { enabled: false }
    case 'updateTenantSettings':
      return { egress: { allow: ['example.com'] } }
    default:
      return undefined
  }
}

async function ask(
  tenant: TestTenant,
  name: OperationName,
  { ids, token, body, query = '' }: { ids: Ids; token?: string; body?: unknown; query?: string },
): Promise<Response> {
  const { method, path }: Operation = operations[name]
  const noun = idInPath[name]
  const filled = path.replace(':id', noun ? ids[noun] : '').replace(':versionId', ids.version)
  return tenant.fetch(`/api/v2${filled}${query}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

async function newestEntry({ rooms, mine }: TwoTenants) {
  const page = { offset: 0, limit: 1, newestFirst: true }
  return (await rooms.storage.logEntries.list(mine.tenant.id, {}, page))[0]
}

const ajv = new Ajv({ allowUnionTypes: true, validateFormats: false })

describe.each(operationNames)('%s', (name) => {
  const operation: Operation = operations[name]

  test('is refused without a token', async () => {
    const response = await ask(world.mine, name, { ids: random })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await response.json()).toMatchObject({ statusCode: 401, message: 'Missing authentication' })
  })

  test("is refused with another tenant's token", async () => {
    const response = await ask(world.mine, name, { ids: random, token: await world.theirs.token() })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
  })

  test('is refused with every scope but its own, and the refused change is on record', async () => {
    const token = await world.mine.token(
      managementScopes.filter((scope) => !operation.scopes.includes(scope)),
    )
    const response = await ask(world.mine, name, { ids: random, token })
    expect(response.status).toBe(403)
    expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
    const message = `Insufficient scope, expected any of: ${operation.scopes.join(',')}`
    expect(await response.json()).toEqual({
      statusCode: 403,
      error: 'Forbidden',
      message,
      errorCode: 'insufficient_scope',
    })
    if (operation.method === 'GET') return
    expect(await newestEntry(world)).toMatchObject({
      id: response.headers.get('x-request-id'),
      type: 'fapi',
      status: 403,
      description: message,
      clientId: world.mine.operatorId,
    })
  })

  test('is refused with a member or a query parameter that nobody knows', async () => {
    const token = await world.mine.token()
    const byQuery = await ask(world.mine, name, { ids: random, token, query: '?tenant=second' })
    if (!operation.eventStream) {
      expect([byQuery.status, await byQuery.json()]).toMatchObject([
        400,
        { errorCode: 'invalid_query_string' },
      ])
    }
    if (operation.method === 'GET') return
    const ids = await makeOneOfEach({ ...world.mine, rooms: world.rooms })
    const valid = Object((await validBody(name, world.mine, ids)) ?? {})
    const byMember = await ask(world.mine, name, { ids, token, body: { ...valid, surprise: 1 } })
    expect([byMember.status, await byMember.json()]).toEqual([
      400,
      {
        statusCode: 400,
        error: 'Bad Request',
        message: "Payload validation error: 'Additional properties not allowed: surprise'.",
        errorCode: 'invalid_body',
      },
    ])
  })

  if (idInPath[name]) {
    test("answers another tenant's id like one that was never given", async () => {
      const token = await world.mine.token()
      const ids = await makeOneOfEach({ ...world.theirs, rooms: world.rooms })
      const body = await validBody(name, world.mine, random)
      const foreign = await ask(world.mine, name, { ids, token, body })
      const unknown = await ask(world.mine, name, { ids: random, token, body })
      expect([foreign.status, await foreign.text()]).toEqual([unknown.status, await unknown.text()])
      // Deleting what is not there is no fault at Auth0; of our own rules it is.
      expect(foreign.status).toBe(operation.method === 'DELETE' && name !== 'deleteRule' ? 204 : 404)
      const found = await ask(world.theirs, readOf[idInPath[name] ?? 'client'], {
        ids,
        token: await world.theirs.token(),
      })
      expect(found.status).toBe(200)
    })
  }

  test('works with its own scope alone, as the contract says, and a change is on record', async () => {
    const ids = await makeOneOfEach({ ...world.mine, rooms: world.rooms })
    const body = await validBody(name, world.mine, ids)
    const response = await ask(world.mine, name, {
      ids,
      token: await world.mine.token(operation.scopes),
      body,
    })
    expect(response.status).toBe(operation.status)
    if (operation.eventStream) return response.body?.cancel()
    const text = await response.text()
    if (operation.response) {
      const fits = ajv.compile(operation.response)
      expect([fits(JSON.parse(text)), fits.errors]).toEqual([true, null])
    } else expect(text).toBe('')
    if (operation.method === 'GET') return undefined
    return expect(await newestEntry(world)).toMatchObject({
      id: response.headers.get('x-request-id'),
      type: 'sapi',
      method: operation.method,
      status: operation.status,
    })
  })
})

const readOf: Record<keyof Ids, OperationName> = {
  client: 'getClient',
  api: 'getResourceServer',
  grant: 'getClientGrant',
  rule: 'getRule',
  version: 'getRuleVersion',
  log: 'getLogEntry',
}
