import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
  await world.mine.connection.resourceServers.create({
    identifier: audience,
    scopes: [{ value: 'read' }, { value: 'write' }],
  })
})
afterAll(() => world.close())

const audience = 'https://granted.example.com/'

async function newClient(): Promise<string> {
  return (await world.mine.connection.clients.create({ name: 'machine' })).client_id
}

async function send(method: string, path: string, body?: unknown) {
  const response = await world.mine.fetch(`/api/v2/client-grants${path}`, {
    method,
    headers: { authorization: `Bearer ${await world.mine.token()}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

test.each([
  [{ audience, scope: [] }, "'Missing required property: client_id'"],
  [{ client_id: 'x', scope: [] }, "'Missing required property: audience'"],
  [{ client_id: 'CLIENT', audience }, "'Missing required property: scope'"],
  [{ client_id: 'CLIENT', audience, scope: ['other'] }, 'does not offer the scope other'],
  [{ client_id: 'CLIENT', audience, scope: ['read', 'read'] }, 'scope'],
  [{ client_id: 'CLIENT', audience, scope: ['read'], allow_all_scopes: true }, 'allow_all_scopes'],
  [{ client_id: 'CLIENT', audience, scope: [], subject_type: 'user' }, 'Only allowed value: client'],
  [{ client_id: 'CLIENT', audience, scope: [], organization_usage: 'require' }, 'organization_usage'],
  [
    { client_id: 'CLIENT', audience, scope: [], authorization_details_types: ['pay'] },
    'authorization_details',
  ],
  [{ default_for: 'third_party_clients', audience, scope: [] }, 'default_for'],
  [{ client_id: 'CLIENT', audience, scope: [], nope: 1 }, 'Additional properties not allowed: nope'],
])('a client grant is refused in words, and nothing is made: %j', async (body, words) => {
  const client_id = await newClient()
  const sent = JSON.parse(JSON.stringify(body).replace('CLIENT', client_id))
  const refused = await send('POST', '', sent)
  expect(refused).toMatchObject({ status: 400, body: { errorCode: 'invalid_body' } })
  expect(refused.body.message).toContain(words)
  expect((await world.mine.connection.clientGrants.list({ client_id })).total).toBe(0)
})

test('client, audience and subject type of a grant never change', async () => {
  const { clientGrants } = world.mine.connection
  const { id } = await clientGrants.create({ client_id: await newClient(), audience, scope: ['read'] })
  for (const member of ['client_id', 'audience', 'subject_type']) {
    const refused = await send('PATCH', `/${id}`, { [member]: 'client', scope: [] })
    expect(refused.status).toBe(400)
    expect(refused.body.message).toContain(`Additional properties not allowed: ${member}`)
  }
  expect((await clientGrants.get(id)).scope).toEqual(['read'])
})

test("another tenant's grant is not there", async () => {
  const { id } = await world.mine.connection.clientGrants.create({
    client_id: await newClient(),
    audience,
    scope: ['read'],
  })
  const theirs = world.theirs.connection.clientGrants
  for (const call of [() => theirs.get(id), () => theirs.update(id, { scope: [] })]) {
    await expect(call()).rejects.toMatchObject({ status: 404, code: 'inexistent_client_grant' })
  }
  await theirs.delete(id)
  expect((await world.mine.connection.clientGrants.get(id)).scope).toEqual(['read'])
})

test('a grant of all scopes has those that the API comes to offer, until its scopes are named again', async () => {
  const { clients, clientGrants, resourceServers } = world.mine.connection
  const identifier = 'https://growing.example.com/'
  await resourceServers.create({ identifier, scopes: [{ value: 'one' }] })
  const { client_id, client_secret } = await clients.create({ name: 'grows' })
  const made = await clientGrants.create({ client_id, audience: identifier, allow_all_scopes: true })
  expect(made).toMatchObject({ scope: [], allow_all_scopes: true })
  await resourceServers.update(identifier, { scopes: [{ value: 'one' }, { value: 'two' }] })

  const scopeOfToken = async () => {
    const response = await world.mine.fetch('/oauth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'client_credentials',
        client_id,
        client_secret,
        audience: identifier,
      }),
    })
    const answer: { scope?: string } = JSON.parse(await response.text())
    return answer.scope
  }
  expect(await scopeOfToken()).toBe('one two')
  const named = await clientGrants.update(made.id, { scope: ['two'] })
  expect(named.allow_all_scopes).toBeUndefined()
  expect(await scopeOfToken()).toBe('two')
  expect(await clientGrants.update(made.id, { allow_all_scopes: true })).toMatchObject({ scope: [] })
  expect(await scopeOfToken()).toBe('one two')
  expect(await clientGrants.update(made.id, { allow_all_scopes: false })).toMatchObject({ scope: [] })
  expect(await scopeOfToken()).toBeUndefined()
})

test('who lacks a scope of the management API cannot grant all of them', async () => {
  const narrow = await world.mine.connectionWith(['create:client_grants', 'update:client_grants'])
  const grant = { client_id: await newClient(), audience: world.mine.issuer.managementAudience }
  await expect(narrow.clientGrants.create({ ...grant, allow_all_scopes: true })).rejects.toMatchObject({
    status: 403,
    code: 'insufficient_scope',
  })
  const { id } = await narrow.clientGrants.create({ ...grant, scope: ['create:client_grants'] })
  await expect(narrow.clientGrants.update(id, { allow_all_scopes: true })).rejects.toMatchObject({
    status: 403,
  })
})

test('what a grant says of organizations is told again, and null takes it back', async () => {
  const { clientGrants } = world.mine.connection
  const made = await clientGrants.create({
    client_id: await newClient(),
    audience,
    scope: [],
    organization_usage: 'allow',
    allow_any_organization: true,
    authorization_details_types: [],
  })
  expect(made).toMatchObject({ organization_usage: 'allow', allow_any_organization: true })
  expect(await clientGrants.update(made.id, { scope: ['read'] })).toEqual({ ...made, scope: ['read'] })
  const { organization_usage: _, allow_any_organization: __, ...bare } = made
  const cleared = { organization_usage: null, allow_any_organization: null, scope: [] }
  expect(await clientGrants.update(made.id, cleared)).toEqual(bare)
})

test('grants are listed by client, audience and organizations, by page and by checkpoint', async () => {
  const client_id = await newClient()
  const { clientGrants, resourceServers } = world.mine.connection
  const audiences = ['urn:list:1', 'urn:list:2', 'urn:list:3']
  for (const identifier of audiences) {
    await resourceServers.create({ identifier })
    const organizations = { allow_any_organization: identifier === 'urn:list:2' }
    await clientGrants.create({ client_id, audience: identifier, scope: [], ...organizations })
  }
  const listed = async (query: string) => (await send('GET', `?client_id=${client_id}&${query}`)).body
  const audiencesOf = (grants: { audience: string }[]) => grants.map((grant) => grant.audience)

  expect(audiencesOf(await listed(''))).toEqual(audiences)
  expect(audiencesOf(await listed('audience=urn:list:3'))).toEqual(['urn:list:3'])
  expect(audiencesOf(await listed('allow_any_organization=true'))).toEqual(['urn:list:2'])
  expect(await listed('subject_type=user')).toEqual([])
  expect(await listed('default_for=third_party_clients')).toEqual([])
  const first = await listed('include_totals=true&take=2')
  expect(audiencesOf(first.client_grants)).toEqual(['urn:list:1', 'urn:list:2'])
  await clientGrants.delete(first.client_grants[1].id)
  const second = await listed(`take=2&from=${first.next}`)
  expect(audiencesOf(second.client_grants)).toEqual(['urn:list:3'])
  expect(second.next).toBeUndefined()
  expect(await listed('page=1&per_page=2&include_totals=true')).toEqual({
    start: 2,
    limit: 2,
    total: 2,
    client_grants: [],
  })
})
