import { expect, test } from 'vitest'
import { defaultTenantSecurity, type Tenant } from '../domain/tenant.ts'
import { createPickTenant } from './pick-tenant.ts'

const demo = tenant('demo', undefined)
const acme = tenant('acme', 'https://acme.example.com')
const local = tenant('local', 'http://127.0.0.1:8421')

function tenant(name: string, origin: string | undefined): Tenant {
  return {
    id: `ten_${name}` as Tenant['id'],
    name: name as Tenant['name'],
    origin,
    profile: 'rfc',
    egressAllow: [],
    defaultAudience: undefined,
    security: defaultTenantSecurity,
    flags: {},
    keptMembers: {},
    createdAt: new Date(0),
  }
}

function pickAmong(others: readonly Tenant[], defaultOrigin = 'https://auth.example.com:8443') {
  return createPickTenant({
    tenants: {
      findByHost: async (host) => others.find(({ origin }) => origin && new URL(origin).host === host),
      count: async () => others.length + 1,
    },
    defaultTenant: async () => demo,
    defaultOrigin: () => defaultOrigin,
  })
}

test.each([
  '',
  'evil.example.com',
  'auth.example.com',
  'localhost.evil.com',
  '10.0.0.1',
  '127.0.0.1.evil.com',
  '[::2]',
])('among several tenants a host that no tenant has is refused: %s', async (host) => {
  await expect(pickAmong([acme])(host)).rejects.toMatchObject({ code: 'not_found' })
})

test.each(['', 'evil.example.com', 'tallystick.internal:8420', '10.0.0.1'])(
  'the only tenant is reached by every host: %s',
  async (host) => {
    expect(await pickAmong([])(host)).toBe(demo)
  },
)

test('the host of a tenant picks it, in any case and with or without the port of its scheme', async () => {
  for (const host of ['acme.example.com', 'ACME.example.com', 'acme.example.com:443']) {
    expect(await pickAmong([acme, local])(host)).toBe(acme)
  }
  expect(await pickAmong([acme, local])('127.0.0.1:8421')).toBe(local)
})

test('the machine itself reaches the default tenant by its own names', async () => {
  for (const host of [
    'auth.example.com:8443',
    'localhost',
    'localhost:8420',
    '127.0.0.1:8420',
    '[::1]:8420',
  ]) {
    expect(await pickAmong([acme, local])(host)).toBe(demo)
  }
})

test('the host of the default tenant is its own also with the port of its scheme', async () => {
  for (const origin of ['https://auth.example.com', 'http://auth.example.com']) {
    for (const host of ['auth.example.com', 'auth.example.com:443', 'auth.example.com:80']) {
      expect(await pickAmong([acme, tenant('thief', `http://${host}`)], origin)(host)).toBe(demo)
    }
  }
})

test('a tenant whose host became that of the default tenant cannot take it', async () => {
  expect(await pickAmong([acme], 'https://acme.example.com')('acme.example.com')).toBe(demo)
})
