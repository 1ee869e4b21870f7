import { expect, test } from 'vitest'
import { AlreadyExistsError, ChangedMeanwhileError, GoneError } from '../../src/domain/storage.ts'
import type { TrustedIssuer } from '../../src/domain/trusted-issuer.ts'
import type { Current } from './current.ts'
import { acme, globex, idOf, secondsIn } from './samples.ts'

function sampleTrust(changes: Partial<TrustedIssuer> = {}): TrustedIssuer {
  return {
    tenantId: acme.id,
    id: idOf('tri_1'),
    name: 'builds “ünïcode”',
    issuer: 'https://issuer.example.com/',
    keySource: { kind: 'discovery' },
    audiences: ['https://id.example.com', 'ünïcode'],
    algorithms: ['RS256', 'ES384'],
    maxTokenLifetimeSeconds: 600,
    requiresJti: true,
    tokenReuse: 'once',
    matches: [
      { clientId: idOf('client_1'), sub: 'repo:acme/app:*', claims: {} },
      {
        clientId: idOf('client_2'),
        sub: undefined,
        claims: { 'kubernetes.io': { namespace: 'prod', pod: { ready: true } }, count: 2 },
      },
    ],
    ruleSource: 'module.exports = () => {}\u2028',
    createdAt: secondsIn(0),
    updatedAt: secondsIn(0),
    ...changes,
  }
}

export function registerTrustedIssuerTests(current: Current): void {
  const insert = (trusted: TrustedIssuer) => current().commit([current().trustedIssuers.insert(trusted)])

  test('a trusted issuer needs its tenant, and is one of its tenant once', async () => {
    await insert(sampleTrust())
    await expect(insert(sampleTrust({ id: idOf('tri_2') }))).rejects.toThrow(AlreadyExistsError)
    await expect(insert(sampleTrust({ tenantId: idOf('ten_3') }))).rejects.toThrow(GoneError)
    await insert(sampleTrust({ tenantId: globex.id }))
  })

  test('a trusted issuer comes back as it was stored, oldest first, to its own tenant', async () => {
    const fixed = sampleTrust({
      id: idOf('tri_0'),
      issuer: 'spiffe://example.org',
      keySource: {
        kind: 'jwks',
        keys: [
          { kty: 'RSA', kid: 'one', alg: 'PS256', n: 'AAAA', e: 'AQAB' },
          { kty: 'EC', crv: 'P-384', x: 'AAAA', y: 'BBBB' },
          { kty: 'OKP', crv: 'Ed25519', x: 'AAAA', kid: 'two' },
        ],
      },
      audiences: [],
      requiresJti: false,
      tokenReuse: 'until_expiry',
      matches: [],
      ruleSource: undefined,
      createdAt: secondsIn(1),
    })
    const keySource = { kind: 'jwks_uri', uri: 'https://issuer.example.com/keys' } as const
    const byUri = sampleTrust({
      id: idOf('tri_2'),
      issuer: 'https://other',
      keySource,
      createdAt: secondsIn(2),
    })
    for (const trusted of [byUri, fixed, sampleTrust()]) await insert(trusted)
    const { trustedIssuers } = current()
    expect(await trustedIssuers.list(acme.id)).toEqual([sampleTrust(), fixed, byUri])
    expect(await trustedIssuers.find(acme.id, fixed.id)).toEqual(fixed)
    expect(await trustedIssuers.findByIssuer(acme.id, fixed.issuer)).toEqual(fixed)
    expect(await trustedIssuers.findByIssuer(acme.id, 'https://issuer.example.com')).toBeUndefined()
    expect(await trustedIssuers.find(globex.id, fixed.id)).toBeUndefined()
    expect(await trustedIssuers.findByIssuer(globex.id, fixed.issuer)).toBeUndefined()
    expect(await trustedIssuers.list(globex.id)).toEqual([])
  })

  test('a trusted issuer is changed only on top of what was read, and found as it is from then on', async () => {
    await insert(sampleTrust())
    const { trustedIssuers, commit } = current()
    await trustedIssuers.findByIssuer(acme.id, sampleTrust().issuer)
    const changed = sampleTrust({ matches: [], tokenReuse: 'until_expiry', updatedAt: secondsIn(4) })
    await commit([trustedIssuers.update(changed, sampleTrust())])
    expect(await trustedIssuers.findByIssuer(acme.id, changed.issuer)).toEqual(changed)
    await expect(commit([trustedIssuers.update(changed, sampleTrust())])).rejects.toThrow(
      ChangedMeanwhileError,
    )
    await commit([trustedIssuers.remove(globex.id, changed.id)])
    expect(await trustedIssuers.findByIssuer(acme.id, changed.issuer)).toEqual(changed)
    await commit([trustedIssuers.remove(acme.id, changed.id)])
    expect(await trustedIssuers.findByIssuer(acme.id, changed.issuer)).toBeUndefined()
  })
}
