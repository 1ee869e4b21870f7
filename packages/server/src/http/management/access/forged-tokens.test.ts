/**
 * Tokens that are none, at the management API. Each is put
 * together by hand from parts, the good one from the same parts.
 */
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTwoTenants, type TestTenant, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
let good: string
let kid: string
beforeAll(async () => {
  world = await startTwoTenants()
  good = await world.mine.token()
  kid = String(decodeProtectedHeader(good).kid)
})
afterAll(() => world.close())

type Part = Readonly<Record<string, unknown>>
type Signature = (input: string) => Buffer

async function keySet(tenant: TestTenant): Promise<JSONWebKeySet> {
  const set: JSONWebKeySet = Object(await (await tenant.fetch('/.well-known/jwks.json')).json())
  return set
}

function partOf(token: string, at: number): Part {
  return Object(JSON.parse(Buffer.from(token.split('.')[at] ?? '', 'base64url').toString()))
}

function encode(part: Part | string): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

function assemble(header: Part | string, claims: Part | string, signature: Signature | string): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${typeof signature === 'string' ? signature : signature(input).toString('base64url')}`
}

/** The same bytes: 64 of them leave four bits of the last character that mean nothing (RFC 4648 §3.5). */
function withOtherLastBit(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) ?? '') ^ 1]
}

const claims = (changes: Part = {}): Part => ({ ...partOf(good, 1), ...changes })
const header = (changes: Part = {}): Part => ({ ...partOf(good, 0), ...changes })
const signatureOfGood = () => good.split('.')[2] ?? ''

/** With the real key: only what stands in the parts can be wrong then. */
async function signedWithOurs(headerChanges: Part, claimChanges: Part = {}): Promise<string> {
  const { rooms, mine } = world
  const key = await rooms.storage.signingKeys.findCurrent(mine.tenant.id, 'ES256', new Date())
  if (!key) throw new Error('There is no key.')
  const place = ['signing_keys', mine.tenant.id, key.id, 'encrypted_private_key'] as const
  const privateKey = createPrivateKey(rooms.encryption.decrypt(key.encryptedPrivateKey, place))
  return assemble(header(headerChanges), claims(claimChanges), (input) =>
    sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  )
}

async function answerTo(token: string) {
  const answer = await world.mine.fetch('/api/v2/clients', { headers: { authorization: `Bearer ${token}` } })
  return {
    status: answer.status,
    challenge: answer.headers.get('www-authenticate') ?? '',
    body: await answer.text(),
  }
}

async function expectRefused(token: string): Promise<void> {
  const { status, challenge, body } = await answerTo(token)
  expect([status, challenge]).toEqual([401, expect.stringMatching(/^Bearer .*error="invalid_token"/)])
  expect(body).not.toMatch(/jose|node_modules|\.ts|Error:/)
}

test('the parts that the others are made of make a good token', async () => {
  expect((await answerTo(good)).status).toBe(200)
  expect((await answerTo(await signedWithOurs({}))).status).toBe(200)
})

describe('a token is refused', () => {
  const seconds = Math.floor(Date.now() / 1000)
  test.each<[string, Part, Part]>([
    ['that has expired', {}, { exp: seconds - 11 }],
    ['whose time has not come', {}, { nbf: seconds + 120 }],
    ['that was issued in the future', {}, { iat: seconds + 120 }],
    ['whose times are no numbers', {}, { exp: String(seconds + 60) }],
    ['of another issuer', {}, { iss: 'https://issuer.example.com/' }],
    ['of no issuer', {}, { iss: undefined }],
    ['for another API', {}, { aud: 'https://a1.example.com/' }],
    ['with the type of an id token', { typ: 'id_token+jwt' }, {}],
    ['with the type of a logout token', { typ: 'logout+jwt' }, {}],
    ['with the type of a client assertion', { typ: 'client-authentication+jwt' }, {}],
    ['with the type of a DPoP proof', { typ: 'dpop+jwt' }, {}],
    ['without a type', { typ: undefined }, {}],
    ['with a type that is no text', { typ: ['at+jwt'] }, {}],
    ['that needs what nobody here understands', { crit: ['exp'] }, {}],
    ['whose payload is not encoded', { b64: false, crit: ['b64'] }, {}],
    ['without the key that signed it', { kid: undefined }, {}],
    ['that is compressed', { zip: 'DEF' }, {}],
  ])('%s, although signed with our key', async (_, headerChanges, claimChanges) => {
    await expectRefused(await signedWithOurs(headerChanges, claimChanges))
  })

  test('without a signature, whatever the case of none', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null, undefined]) {
      await expectRefused(assemble(header({ alg }), claims(), ''))
      await expectRefused(assemble(header({ alg }), claims(), signatureOfGood()))
    }
  })

  test('whose secret is a public key, in any form that one may have it in', async () => {
    for (const jwk of (await keySet(world.mine)).keys) {
      const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
      const pem = key.export({ format: 'pem', type: 'spki' }).toString()
      const forms = [pem, pem.trimEnd(), key.export({ format: 'der', type: 'spki' }), JSON.stringify(jwk), '']
      for (const secret of forms) {
        for (const alg of ['HS256', 'HS384', 'HS512']) {
          const digest = `sha${alg.slice(2)}`
          await expectRefused(
            assemble(header({ alg, kid: jwk.kid }), claims(), (input) =>
              createHmac(digest, secret).update(input).digest(),
            ),
          )
        }
      }
    }
  })

  test('that brings its own key, or says where one is', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = publicKey.export({ format: 'jwk' })
    const own: Signature = (input) =>
      sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    for (const changes of [
      {},
      { jwk },
      { jku: 'https://keys.example.com/' },
      { x5u: 'https://keys.example.com/' },
      { x5c: ['AAAA'] },
    ]) {
      await expectRefused(assemble(header(changes), claims(), own))
    }
    await expectRefused(assemble(header({ kid: 'A'.repeat(43) }), claims(), own))
  })

  test('of another tenant, also when it claims to be of this one', async () => {
    await expectRefused(await world.theirs.token())
    const { issuer, operatorId } = world.mine
    await expectRefused(
      await world.theirs.token(undefined, {
        iss: issuer.issuer,
        aud: issuer.managementAudience,
        client_id: operatorId,
      }),
    )
    const [theirs] = (await keySet(world.theirs)).keys
    await expectRefused(assemble(header({ kid: theirs?.kid }), claims(), signatureOfGood()))
  })

  test('with a kid that is no id, or reaches for something else', async () => {
    for (const odd of ['', '../../etc/passwd', "' or 1=1 --", 'x'.repeat(5000), 7, [kid], { kid }, null]) {
      await expectRefused(assemble(header({ kid: odd }), claims(), signatureOfGood()))
    }
  })

  test('when a part of it was changed, left out or added', async () => {
    const [head = '', payload = '', signature = ''] = good.split('.')
    const wider = encode(claims({ scope: 'read:clients create:tenants' }))
    for (const token of [
      `${head}.${wider}.${signature}`,
      `${head}.${payload}.${signature.slice(0, -2)}`,
      `${head}.${payload}.${signature}AAAA`,
      `${head}.${payload}.${signature}=`,
      `${head}.${payload}.${signature}==`,
      `${head}=.${payload}.${signature}`,
      `${head}.${payload}.${withOtherLastBit(signature)}`,
      `${head}.${payload}.${'A'.repeat(86)}`,
      `${head}.${payload}.`,
      `${head}.${payload}`,
      `${head}..${signature}`,
      `.${payload}.${signature}`,
      `${good}.`,
      `${good}.${signature}`,
      `${head}.${payload}.${signature}.${payload}.${signature}`,
      '..',
    ]) {
      await expectRefused(token)
    }
  })

  test('when its parts are no objects', async () => {
    for (const odd of ['null', '[]', '"text"', '7', '{', '\u0000', '']) {
      await expectRefused(assemble(odd, claims(), signatureOfGood()))
      await expectRefused(assemble(header(), odd, signatureOfGood()))
    }
  })

  test('when it is garbage of 8 kB', async () => {
    for (const text of [
      'x'.repeat(8000),
      `${'x'.repeat(2700)}.${'y'.repeat(2700)}.${'z'.repeat(2600)}`,
      '.'.repeat(8000),
    ]) {
      await expectRefused(text)
    }
  })
})

test('no kid of one tenant is another’s, and the key set of one verifies no token of the other', async () => {
  const [mine, theirs] = [await keySet(world.mine), await keySet(world.theirs)]
  const kids = new Set(mine.keys.map((key) => key.kid))
  expect(theirs.keys.filter((key) => kids.has(key.kid))).toEqual([])
  await jwtVerify(good, createLocalJWKSet(mine))
  await expect(jwtVerify(good, createLocalJWKSet(theirs))).rejects.toThrow('no applicable key')
  for (const key of theirs.keys.filter(({ alg }) => alg === 'ES256')) {
    await expect(jwtVerify(good, createLocalJWKSet({ keys: [{ ...key, kid }] }))).rejects.toThrow('signature')
  }
})

test('an API that changes its algorithm has its next token signed with it; the ones before still verify', async () => {
  const { clients, clientGrants, resourceServers } = world.mine.connection
  const audience = 'urn:changing'
  await resourceServers.create({ identifier: audience, signing_alg: 'RS256' })
  const { client_id, client_secret } = await clients.create({ name: 'machine' })
  await clientGrants.create({ client_id, audience, scope: [] })
  const tokens: string[] = []
  for (const signing_alg of ['RS256', 'ES256', 'EdDSA'] as const) {
    await resourceServers.update(audience, { signing_alg })
    const response = await world.mine.fetch('/oauth/token', {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id,
        client_secret: client_secret ?? '',
        audience,
      }),
    })
    const { access_token }: { access_token: string } = Object(await response.json())
    expect(decodeProtectedHeader(access_token).alg).toBe(signing_alg)
    tokens.push(access_token)
    const keys = createLocalJWKSet(await keySet(world.mine))
    for (const token of tokens) await jwtVerify(token, keys, { audience })
  }
})
