import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TestTenant, type TwoTenants } from '../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

async function read(tenant: TestTenant, path: string) {
  const response = await tenant.fetch(path)
  return { response, document: Object(await response.json()) }
}

const resourceDocument = '/.well-known/oauth-protected-resource/api/v2/'

test('the management API says which server issues its tokens, at the place its challenge names', async () => {
  for (const tenant of [world.mine, world.theirs]) {
    const unproven = await tenant.fetch('/api/v2/clients')
    const [, place = ''] = /resource_metadata="([^"]+)"/.exec(
      unproven.headers.get('www-authenticate') ?? '',
    ) ?? ['', '']
    expect(place).toBe(`${tenant.issuer.origin}${resourceDocument}`)
    const { document } = await read(tenant, new URL(place).pathname)
    expect(document).toMatchObject({
      resource: tenant.issuer.managementAudience,
      authorization_servers: [tenant.issuer.issuer],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256'],
    })
    // No proxy tells them here, and the server has no TLS of its own.
    expect(document).not.toHaveProperty('tls_client_certificate_bound_access_tokens')
    const server = await read(tenant, '/.well-known/oauth-authorization-server')
    expect(server.document).toMatchObject({
      issuer: tenant.issuer.issuer,
      protected_resources: [document.resource],
    })
    expect((await tenant.fetch(new URL(document.resource_documentation).pathname)).status).toBe(200)
  }
})

test('the place of that document is the identifier with the name between host and path; the final slash may be lost', async () => {
  const { origin, managementAudience } = world.mine.issuer
  const name = '/.well-known/oauth-protected-resource'
  expect(`${origin}${resourceDocument}`).toBe(managementAudience.replace(origin, `${origin}${name}`))
  const whole = await read(world.mine, resourceDocument)
  expect((await read(world.mine, resourceDocument.slice(0, -1))).document).toEqual(whole.document)
  expect((await world.mine.fetch(name)).status).toBe(404)
})

test('the scopes are those that a tenant offers: what reaches beyond it is offered by the default tenant alone', async () => {
  const [mine, theirs] = await Promise.all(
    [world.mine, world.theirs].map(async (tenant) => (await read(tenant, resourceDocument)).document),
  )
  expect(mine.scopes_supported).toContain('create:tenants')
  expect(theirs.scopes_supported).toContain('read:clients')
  expect(theirs.scopes_supported).not.toContain('create:tenants')
})

test('every document may be kept for five minutes and is asked for again with its tag', async () => {
  const names = ['oauth-authorization-server', 'openid-configuration', 'jwks.json']
  for (const path of [...names.map((name) => `/.well-known/${name}`), resourceDocument]) {
    const { response } = await read(world.mine, path)
    expect(response.headers.get('cache-control')).toBe('public, max-age=300')
    const headers = { 'if-none-match': response.headers.get('etag') ?? '' }
    expect((await world.mine.fetch(path, { headers })).status).toBe(304)
  }
})
