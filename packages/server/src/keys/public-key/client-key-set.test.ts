import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextRsaPair } from '../../../test/rsa-pairs.ts'
import { maxKeysInSet, parseClientKeySet } from './client-key-set.ts'
import { parsePublicKeyJwk } from './client-public-key.ts'
import { KeySetError } from './remote-key-set.ts'

const rsa = nextRsaPair()
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
const rsaJwk = rsa.publicKey.export({ format: 'jwk' })
const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })

test.each([
  undefined,
  null,
  'keys',
  [],
  {},
  { keys: {} },
  { keys: 'x' },
  { keys: Array.from({ length: maxKeysInSet + 1 }, () => ec) },
])('what is no key set is refused: %#', (document) => {
  expect(() => parseClientKeySet(document)).toThrow(KeySetError)
})

const unfit: [name: string, jwk: unknown][] = [
  ['that is private', rsa.privateKey.export({ format: 'jwk' })],
  ['that is a shared secret', { kty: 'oct', k: 'AAAA' }],
  ['of 1,024 bits', small],
  ['with the exponent 1', { ...rsaJwk, e: 'AQ' }],
  ['with an even exponent', { ...rsaJwk, e: 'AQAC' }],
  ['with an exponent of 104 bits', { ...rsaJwk, e: Buffer.alloc(13, 0xff).toString('base64url') }],
  ['off its curve', { ...ec, x: ec.y, y: ec.x }],
  ['of another curve', p384],
  ['for encryption', { ...ec, use: 'enc' }],
  ['for signing alone', { ...ec, key_ops: ['sign'] }],
  ['for an algorithm of another kind', { ...ec, alg: 'RS256' }],
  ['for an algorithm not offered', { ...rsaJwk, alg: 'RS512' }],
  ['for none', { ...rsaJwk, alg: 'none' }],
  ['whose kid is a number', { ...ec, kid: 1 }],
  ['whose kid is endless', { ...ec, kid: 'k'.repeat(257) }],
  ['that is null', null],
  ['that is a list', [ec]],
]
test.each(unfit)('a key %s is left out, and the others count', (_name, jwk) => {
  expect(parseClientKeySet({ keys: [jwk, { ...ec, kid: 'good' }] })).toMatchObject([{ kid: 'good' }])
})

test('of two keys with one kid neither counts, also when one of them is unfit', () => {
  const twice = { ...ec, kid: 'twice' }
  for (const other of [{ ...rsaJwk, kid: 'twice' }, { kid: 'twice' }]) {
    expect(parseClientKeySet({ keys: [twice, { ...ec, kid: 'once' }, other] })).toMatchObject([
      { kid: 'once' },
    ])
  }
})

test('a key that names its algorithm serves that one alone, another one all of its kind', () => {
  const keys = parseClientKeySet({ keys: [{ ...rsaJwk, alg: 'PS256', use: 'sig', x5c: ['x'] }, rsaJwk, ec] })
  expect(keys).toEqual([
    { kid: undefined, algorithms: ['PS256'], publicJwk: rsaJwk },
    { kid: undefined, algorithms: ['RS256', 'RS384', 'PS256'], publicJwk: rsaJwk },
    { kid: undefined, algorithms: ['ES256'], publicJwk: ec },
  ])
})

test('whatever is published, it is refused as a whole or gives keys that could be registered', () => {
  const member = fc.constantFrom(
    'kty',
    'crv',
    'x',
    'y',
    'n',
    'e',
    'd',
    'k',
    'kid',
    'alg',
    'use',
    'key_ops',
    '__proto__',
  )
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('EC', 'RSA', 'OKP', 'P-256', 'Ed25519', 'AQAB', ec.x, ec.y, rsaJwk.n, 'ES256', 'sig', [
      'verify',
    ]),
  )
  const key = fc.oneof(
    fc.jsonValue(),
    fc.array(fc.tuple(member, value), { maxLength: 10 }).map((members) => Object.fromEntries(members)),
    fc.tuple(fc.constantFrom(ec, rsaJwk), member, value).map(([jwk, name, one]) => ({ ...jwk, [name]: one })),
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.jsonValue(),
        fc.array(key, { maxLength: 5 }).map((keys) => ({ keys })),
      ),
      (document) => {
        try {
          for (const { publicJwk, algorithms } of parseClientKeySet(document)) {
            expect(parsePublicKeyJwk({ ...publicJwk }).algorithms).toEqual(
              expect.arrayContaining([...algorithms]),
            )
            expect(Object.keys(publicJwk).filter((name) => ['d', 'k', 'p'].includes(name))).toEqual([])
          }
        } catch (error) {
          expect(error).toBeInstanceOf(KeySetError)
        }
      },
    ),
    { numRuns: 500 },
  )
})
