import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

async function patch(body: unknown) {
  const response = await world.mine.fetch('/api/v2/tenants/settings', {
    method: 'PATCH',
    headers: { authorization: `Bearer ${await world.mine.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer: unknown = await response.json()
  const message = typeof answer === 'object' && answer && 'message' in answer ? answer.message : ''
  return { status: response.status, message }
}

test.each([
  'https://example.com',
  'example.com/path',
  'Example.com',
  '*.example.com',
  'example.com:0',
  'example.com:65536',
  'example.com:',
  'user@example.com',
  '-example.com',
  ' example.com',
  '',
])('a place that is no host or host:port is refused: %s', async (host) => {
  await expect(
    world.mine.connection.tenantSettings.update({ egress: { allow: [host] } }),
  ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('egress.allow.0') })
})

test.each([
  ['a member nobody knows', { nope: 1 }, 'nope'],
  ['a flag nobody knows', { flags: { nope: true } }, 'nope'],
  ['a flag that is no boolean', { flags: { enable_sso: 'yes' } }, 'flags.enable_sso'],
  ['a profile nobody knows', { profile: 'oauth1' }, 'profile'],
  ['a security profile nobody knows', { security_profile: 'fapi1' }, 'security_profile'],
  ['a demand for nonces that is neither', { dpop_nonce_required: 'yes' }, 'dpop_nonce_required'],
  ['a rotation at every moment', { signing_key_rotation_days: 0 }, 'signing_key_rotation_days'],
  ['a rotation that nobody lives to see', { signing_key_rotation_days: 366 }, 'signing_key_rotation_days'],
  ['a member of the wrong type', { session_lifetime: 'long' }, 'session_lifetime'],
  ['a default audience that is none', { default_audience: 'a\nb' }, 'default_audience'],
  ['what cannot be changed', { sandbox_versions_available: ['22'] }, 'sandbox_versions_available'],
  ['a quota that nobody enforces', { default_token_quota: { clients: {} } }, 'default_token_quota'],
  ['more than is kept', { error_page: { html: 'x'.repeat(200_000) } }, '200000 bytes'],
])('%s is refused by name', async (_, body, words) => {
  expect(await patch(body)).toEqual({ status: 400, message: expect.stringContaining(words) })
})

test('the settings have the documented members with their defaults, and the other tenant has its own', async () => {
  expect(await world.theirs.connection.tenantSettings.get()).toEqual({
    friendly_name: 'second',
    default_audience: '',
    default_directory: '',
    support_email: '',
    support_url: '',
    picture_url: '',
    session_lifetime: 168,
    idle_session_lifetime: 72,
    enabled_locales: ['en'],
    sandbox_version: '22',
    sandbox_versions_available: ['22'],
    allowed_logout_urls: [],
    resource_parameter_profile: 'compatibility',
    client_id_metadata_document_supported: false,
    flags: {},
    egress: { allow: [] },
    profile: 'auth0',
    security_profile: 'none',
    allow_token_endpoint_audience: true,
    dpop_nonce_required: false,
    signing_key_rotation_days: null,
  })
})

test('which audience assertions may have follows the profile, until it is said', async () => {
  const { tenantSettings } = world.mine.connection
  const told = async () => (await tenantSettings.get()).allow_token_endpoint_audience
  expect(await told()).toBe(false)
  await tenantSettings.update({ allow_token_endpoint_audience: true })
  expect(await told()).toBe(true)
  await tenantSettings.update({ allow_token_endpoint_audience: false, profile: 'auth0' })
  expect(await told()).toBe(false)
  await tenantSettings.update({ allow_token_endpoint_audience: null })
  expect(await told()).toBe(true)
  await tenantSettings.update({ profile: 'rfc' })
  expect(await told()).toBe(false)
})

test('how often keys turn by themselves is set, and null stops it', async () => {
  const { tenantSettings } = world.mine.connection
  for (const signing_key_rotation_days of [1, 365, null]) {
    expect(await tenantSettings.update({ signing_key_rotation_days })).toMatchObject({
      signing_key_rotation_days,
    })
    await tenantSettings.update({ security_profile: 'none' })
    expect(await tenantSettings.get()).toMatchObject({ signing_key_rotation_days })
  }
})

test('whether DPoP proofs need a nonce is set, and stays beside other changes', async () => {
  const { tenantSettings } = world.mine.connection
  for (const dpop_nonce_required of [true, false]) {
    expect(await tenantSettings.update({ dpop_nonce_required })).toMatchObject({ dpop_nonce_required })
    await tenantSettings.update({ security_profile: 'none' })
    expect(await tenantSettings.get()).toMatchObject({ dpop_nonce_required })
  }
})

test('documented members are kept as they are sent, null removes one, and flags that are not named stay', async () => {
  const { tenantSettings } = world.mine.connection
  const page = { enabled: true, html: '<html>“ünïcode”</html>' }
  const answer = await tenantSettings.update({
    friendly_name: 'Demo & Co.',
    support_email: 'help@example.com',
    change_password: page,
    oidc_logout: { rp_logout_end_session_endpoint_discovery: true },
    flags: { enable_sso: true, revoke_refresh_token_grant: false },
  })
  expect(answer).toMatchObject({ friendly_name: 'Demo & Co.', change_password: page })
  expect(await tenantSettings.update({ flags: { enable_sso: false }, change_password: null })).toEqual(
    await tenantSettings.get(),
  )
  const stored = await tenantSettings.get()
  expect(stored).not.toHaveProperty('change_password')
  expect(stored).toMatchObject({
    support_email: 'help@example.com',
    oidc_logout: { rp_logout_end_session_endpoint_discovery: true },
    flags: { enable_sso: false, revoke_refresh_token_grant: false },
  })
})

test('all that an export holds, but what the deploy tool leaves out, can be sent back whole', async () => {
  const { tenantSettings } = world.mine.connection
  const { sandbox_version: _, sandbox_versions_available: __, ...exported } = await tenantSettings.get()
  expect((await patch(exported)).status).toBe(200)
  expect(await tenantSettings.get()).toMatchObject(exported)
})

test('a lifetime of sessions that is sent in minutes, as the deploy tool does, is told in hours alone', async () => {
  const { tenantSettings } = world.mine.connection
  await tenantSettings.update({ session_lifetime_in_minutes: 600, idle_session_lifetime_in_minutes: 90 })
  const settings = await tenantSettings.get()
  expect(settings).toMatchObject({ session_lifetime: 10, idle_session_lifetime: 1.5 })
  expect(settings).not.toHaveProperty('session_lifetime_in_minutes')
  expect((await patch({ session_lifetime_in_minutes: 0 })).status).toBe(400)
})

test('an empty default audience is none', async () => {
  const { tenantSettings } = world.mine.connection
  const audience = 'https://api.example.com/'
  expect(await tenantSettings.update({ default_audience: audience })).toMatchObject({
    default_audience: audience,
  })
  for (const none of ['', null]) {
    await tenantSettings.update({ default_audience: audience })
    expect(await tenantSettings.update({ default_audience: none })).toMatchObject({ default_audience: '' })
  }
})

test('where rules may fetch from is set whole, and for this tenant alone', async () => {
  const allow = ['example.com', 'api.example.com:65535', '127.0.0.1:8080', '[::1]:443', 'internal']
  expect(await world.mine.connection.tenantSettings.update({ egress: { allow } })).toMatchObject({
    egress: { allow },
  })
  expect(await world.mine.connection.tenantSettings.update({})).toMatchObject({ egress: { allow } })
  expect(await world.mine.connection.tenantSettings.get()).toMatchObject({ egress: { allow } })
  expect((await world.theirs.connection.tenantSettings.get()).egress.allow).toEqual([])
  await world.mine.connection.tenantSettings.update({ egress: { allow: [] } })
  expect((await world.mine.connection.tenantSettings.get()).egress.allow).toEqual([])
})
