/** `tallystick tenants` and what of `settings` concerns a tenant as a whole, against a started server. */
import { lstat, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BesideServer, startBesideServer } from './beside-server.ts'

let here: BesideServer
beforeAll(async () => {
  here = await startBesideServer()
})
afterAll(() => here.close())

/** Where the server listens as well, under another name. */
function otherOrigin(): string {
  return here.server.bootstrap.origin.replace('localhost', '127.0.0.1')
}

test('a tenant needs an origin, and one that is none is named', async () => {
  expect((await here.tallystick(['tenants', 'create', 'acme'])).exitCode).toBe(2)
  const { exitCode, messages } = await here.tallystick(['tenants', 'create', 'acme', '--origin', 'acme'])
  expect([exitCode, messages]).toEqual([1, expect.stringContaining('origin')])
})

test('what is taken ends with 5, the default tenant cannot be deleted, and nothing is without a yes', async () => {
  const { origin } = here.server.bootstrap
  expect((await here.tallystick(['tenants', 'create', 'acme', '--origin', origin])).exitCode).toBe(5)
  expect((await here.tallystick(['tenants', 'delete', 'demo', '--yes'])).exitCode).toBe(4)
  expect((await here.tallystick(['tenants', 'delete', 'demo', '--no-input'])).exitCode).not.toBe(0)
})

test('a tenant is created with credentials in a private file, used with it, listed and deleted', async () => {
  const folder = join(here.folder, 'acme')
  await mkdir(folder)
  const out = join(folder, 'bootstrap.json')
  const created = await here.ok([
    ...['tenants', 'create', 'acme', '--origin', otherOrigin(), '--profile', 'auth0', '--out', out],
  ])
  const credentials = JSON.parse(await readFile(out, 'utf8'))
  expect((await lstat(out)).mode & 0o777).toBe(0o600)
  expect(created.output + created.messages).not.toContain(credentials.management.client_secret)
  expect(credentials).toMatchObject({ tenant: 'acme', origin: otherOrigin(), starter: null })

  expect(await here.json(['tenants', 'list'])).toMatchObject([
    { name: 'demo', is_default: true, profile: 'rfc' },
    { name: 'acme', is_default: false, profile: 'auth0', origin: otherOrigin() },
  ])
  expect((await here.ok(['tenants', 'list', '--ids'])).output).toBe('demo\nacme\n')

  const env = { TALLYSTICK_DATA_DIR: folder }
  const inside = await here.ok(['clients', 'list'], { env })
  expect(inside.output).toContain('Tallystick operator')
  expect(inside.output).not.toContain('billing')
  expect((await here.tallystick(['tenants', 'list'], { env })).exitCode).toBe(4)

  await here.ok(['tenants', 'delete', 'acme', '--yes'])
  expect((await here.tallystick(['clients', 'list'], { env })).exitCode).not.toBe(0)
  expect((await here.ok(['tenants', 'list', '--ids'])).output).toBe('demo\n')
})

test('as JSON the credentials are printed once, in the shape of the bootstrap file', async () => {
  const printed = await here.json(['tenants', 'create', 'other', '--origin', 'https://other.example.com'])
  expect(Object.keys(printed ?? {})).toEqual(Object.keys(here.server.bootstrap))
  await here.ok(['tenants', 'delete', 'other', '--yes'])
})

test('how strict the tenant is, and which audience assertions may have, are settings', async () => {
  const change = (...args: string[]) => here.json(['settings', 'update', ...args])
  expect(await change('--security-profile', 'fapi2', '--token-endpoint-audience', 'allow')).toMatchObject({
    security_profile: 'fapi2',
    allow_token_endpoint_audience: true,
  })
  // Whoever administers the tenant is not locked out by it.
  expect(await change('--security-profile', 'none', '--token-endpoint-audience', 'by-profile')).toMatchObject(
    {
      security_profile: 'none',
      allow_token_endpoint_audience: false,
    },
  )
})

test('whether DPoP proofs need a nonce is a setting', async () => {
  for (const [said, dpop_nonce_required] of [
    ['required', true],
    ['optional', false],
  ] as const) {
    expect(await here.json(['settings', 'update', '--dpop-nonce', said])).toMatchObject({
      dpop_nonce_required,
    })
  }
})

test('profile and default audience are settings', async () => {
  const audience = 'https://invoices.example.com/'
  await here.ok(['settings', 'update', '--profile', 'auth0', '--default-audience', audience])
  expect(await here.json(['settings', 'show'])).toMatchObject({
    profile: 'auth0',
    default_audience: audience,
  })
  await here.ok(['settings', 'update', '--profile', 'rfc', '--no-default-audience'])
  expect(await here.json(['settings', 'show'])).toMatchObject({ profile: 'rfc', default_audience: '' })
})
