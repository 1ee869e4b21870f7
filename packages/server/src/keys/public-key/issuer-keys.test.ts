import { expect, test } from 'vitest'
import { createForeignKey } from '../../../test/foreign-issuers.ts'
import type { TenantId } from '../../domain/tenant.ts'
import type { IssuerKeySource } from '../../domain/trusted-issuer.ts'
import type { DocumentOutcome } from '../../outbound/fetch-document.ts'
import { createIssuerKeys, keyFetchBudgetMs, maxKeysOfIssuer, parseKeySet } from './issuer-keys.ts'

const key = createForeignKey('ES256')
const tenantId = 'ten_1' as TenantId

/** Answers by address, and tells what was asked for. */
function publish(documents: Record<string, unknown>) {
  const asked: { url: string; withinMs: number | undefined }[] = []
  const keys = createIssuerKeys({
    async fetchDocument(url, withinMs): Promise<DocumentOutcome> {
      asked.push({ url: url.href, withinMs })
      const document = documents[url.href]
      if (document === undefined) return { kind: 'failed', failure: 'It could not be reached.' }
      const text = typeof document === 'string' ? document : JSON.stringify(document)
      return { kind: 'got', text, maxAgeSeconds: undefined }
    },
    now: () => new Date(0),
  })
  const ask = (issuer: string, keySource: IssuerKeySource = { kind: 'discovery' }) =>
    keys.keysOf({ tenantId, issuer, keySource }, () => true)
  return { asked, ask }
}

const configuration = 'https://a.example/.well-known/openid-configuration'

test('the discovery document of an issuer stands behind its one slash, and names that very issuer', async () => {
  const jwks_uri = 'https://keys.example/'
  for (const issuer of ['https://a.example', 'https://a.example/']) {
    const { ask, asked } = publish({
      [configuration]: { issuer, jwks_uri },
      [jwks_uri]: { keys: [key.jwk] },
    })
    expect(await ask(issuer)).toMatchObject({ kind: 'found', keys: [{ kid: key.kid }] })
    expect(asked.map(({ url }) => url)).toEqual([configuration, jwks_uri])
    expect(asked.every(({ withinMs = 0 }) => withinMs > 0 && withinMs <= keyFetchBudgetMs)).toBe(true)
    const other = publish({ [configuration]: { issuer: `${issuer}x`, jwks_uri } })
    expect(await other.ask(issuer)).toMatchObject({
      kind: 'unavailable',
      why: expect.stringMatching(/another issuer/),
    })
  }
})

test.each([
  ['is no JSON', '<html>', /no JSON object/],
  ['is a list', '[]', /no JSON object/],
  ['names no keys', { issuer: 'https://a.example' }, /no jwks_uri/],
  ['names keys by no URL', { issuer: 'https://a.example', jwks_uri: 'keys' }, /no URL/],
])('a discovery document that %s leads to no keys, and is not quoted', async (_, document, why) => {
  const outcome = await publish({ [configuration]: document }).ask('https://a.example')
  expect(outcome).toMatchObject({ kind: 'unavailable', why: expect.stringMatching(why) })
  expect(JSON.stringify(outcome)).not.toContain('html')
})

test('keys that were given are not fetched', async () => {
  const { ask, asked } = publish({})
  const keys = [{ ...key.jwk, kty: 'EC', crv: 'P-256', x: String(key.jwk.x), y: String(key.jwk.y) } as const]
  expect(await ask('https://a.example', { kind: 'jwks', keys })).toMatchObject({ keys: [{ kid: key.kid }] })
  expect(asked).toEqual([])
})

test('a key that is not fit is left out of a set, and the others count', () => {
  const certifying = { ...key.jwk, use: 'x509-svid' }
  const set = {
    keys: [null, [], 'x', {}, { kty: 'oct', k: 'AAAA' }, certifying, { ...key.jwk, use: 'jwt-svid' }],
  }
  expect(parseKeySet(set).map(({ kid }) => kid)).toEqual([key.kid])
  expect(parseKeySet({ keys: Array(maxKeysOfIssuer).fill(null) })).toEqual([])
  expect(() => parseKeySet({ keys: Array(maxKeysOfIssuer + 1).fill(null) })).toThrow(/more than 100/)
  expect(() => parseKeySet({})).toThrow(/no keys/)
})
