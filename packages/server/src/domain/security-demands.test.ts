import { expect, test } from 'vitest'
import { complianceLevels, tokenEndpointAuthMethods } from './client.ts'
import { demandsOfTenant, demandsOn, isFapiAlgorithm } from './security-demands.ts'
import { defaultTenantSecurity } from './tenant.ts'

const lax = { security: defaultTenantSecurity }
const strict = { security: { ...defaultTenantSecurity, profile: 'fapi2' as const } }

test('nothing is demanded where neither the client nor the tenant asks for it', () => {
  expect(demandsOn({ complianceLevel: 'none' }, lax, false)).toBeUndefined()
  expect(demandsOfTenant(lax)).toBeUndefined()
})

test('a secret, no proof at all, and the token of another issuer meet no demands', () => {
  for (const tenant of [lax, strict]) {
    for (const complianceLevel of complianceLevels) {
      const { authMethods = [] } = demandsOn({ complianceLevel }, tenant, false) ?? {}
      const weak = ['client_secret_post', 'client_secret_basic', 'none', 'federated_jwt']
      expect(authMethods.filter((method) => weak.includes(method))).toEqual([])
    }
  }
})

test("a client's own level is never less than its tenant's profile, and each level can be met", () => {
  const profile = demandsOfTenant(strict)
  for (const complianceLevel of complianceLevels) {
    const demands = demandsOn({ complianceLevel }, strict, false)
    expect(profile?.authMethods).toEqual(expect.arrayContaining([...(demands?.authMethods ?? [])]))
    expect(profile?.bindings).toEqual(expect.arrayContaining([...(demands?.bindings ?? [])]))
    expect(tokenEndpointAuthMethods.filter((method) => demands?.authMethods.includes(method))).not.toEqual([])
  }
})

test("of a token of the management API only the client's own level demands something", () => {
  expect(demandsOn({ complianceLevel: 'none' }, strict, true)).toBeUndefined()
  expect(demandsOn({ complianceLevel: 'fapi2_sp_pkj_dpop' }, strict, true)?.name).toBe('fapi2_sp_pkj_dpop')
})

test.each(['RS256', 'RS384', 'RS512', 'HS256', 'ML-DSA-65'] as const)(
  '%s is no algorithm of the profile',
  (name) => {
    expect(isFapiAlgorithm(name)).toBe(false)
  },
)
