import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

test('documented members that mean nothing here are told again as they were sent, and null removes one', async () => {
  const { clients } = world.mine.connection
  const kept = {
    app_type: 'non_interactive',
    jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 36_000 },
  }
  const { client_id: id } = await clients.create({ name: 'kept', ...kept })
  expect(await clients.get(id)).toMatchObject(kept)
  const changed = await clients.update(id, { app_type: null })
  expect(changed).not.toHaveProperty('app_type')
  expect(changed).toMatchObject({ jwt_configuration: kept.jwt_configuration })
})

// All that Auth0 documents for a client and an export of its deploy tool can hold.
const exported = {
  name: 'exported web application',
  description: 'from elsewhere',
  app_type: 'regular_web',
  is_first_party: false,
  is_token_endpoint_ip_header_trusted: true,
  oidc_conformant: true,
  sso: false,
  sso_disabled: true,
  cross_origin_auth: false,
  cross_origin_authentication: true,
  cross_origin_loc: 'https://app.example.com/',
  custom_login_page: '<html></html>',
  custom_login_page_on: true,
  logo_uri: 'https://app.example.com/logo.png',
  callbacks: ['https://app.example.com/callback'],
  allowed_origins: [],
  web_origins: [],
  client_aliases: [],
  allowed_clients: [],
  allowed_logout_urls: ['https://app.example.com/'],
  initiate_login_uri: 'https://app.example.com/login',
  oidc_logout: { backchannel_logout_urls: [] },
  grant_types: [
    'authorization_code',
    'implicit',
    'refresh_token',
    'client_credentials',
    'password',
    'http://auth0.com/oauth/grant-type/password-realm',
    'urn:ietf:params:oauth:grant-type:device_code',
  ],
  token_endpoint_auth_method: 'none',
  jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 36_000, secret_encoded: false },
  refresh_token: { expiration_type: 'non-expiring', rotation_type: 'non-rotating', leeway: 0 },
  mobile: { ios: { team_id: 'T', app_bundle_identifier: 'b' } },
  native_social_login: { apple: { enabled: false } },
  addons: { samlp: { audience: 'urn:x' } },
  organization_usage: 'deny',
  default_organization: { organization_id: 'org_1', flows: ['client_credentials'] },
  session_transfer: { can_create_session_transfer_token: false },
  token_exchange: { allow_any_profile_of_type: ['custom_authentication'] },
  par_request_expiry: 60,
  require_pushed_authorization_requests: false,
  require_proof_of_possession: false,
  async_approval_notification_channels: ['guardian-push'],
  client_metadata: { plan: 'gold' },
} as const

test('a client that was exported elsewhere is taken whole and told again, and changing it to itself changes nothing', async () => {
  const { status, body } = await world.mine.send('POST', '/clients', exported)
  expect(status).toBe(201)
  expect(body).toMatchObject(exported)
  const id = String(body.client_id)
  const again = await world.mine.send('PATCH', `/clients/${id}`, exported)
  expect(again).toEqual({ status: 200, body })
  expect(body).not.toHaveProperty('client_secret')
})

test('a member that is kept must be of its documented type', async () => {
  for (const member of [
    '"callbacks":"x"',
    '"is_first_party":"yes"',
    '"app_type":1',
    '"jwt_configuration":[]',
  ]) {
    const { status, body } = await world.mine.send('POST', '/clients', `{"name":"x",${member}}`)
    expect([status, body.message]).toEqual([
      400,
      expect.stringContaining(`on property ${member.split('"')[1]}`),
    ])
  }
})

test('what asks for a protection that is not there is refused, also in a change; asking for none is fine', async () => {
  const { client_id: id } = await world.mine.connection.clients.create({ name: 'unprotected' })
  const path = `/clients/${id}`
  for (const member of [
    '"token_quota":{}',
    '"signed_request_object":{"required":true}',
    '"client_secret":"x"',
  ]) {
    expect((await world.mine.send('PATCH', path, `{${member}}`)).status).toBe(400)
  }
  const none = '{"token_quota":null,"signed_request_object":null,"require_proof_of_possession":null}'
  expect((await world.mine.send('PATCH', path, none)).status).toBe(200)
})
