import { expect, test } from 'vitest'
import { decodeCompactJwt } from './compact-jwt.ts'

const part = (text: string) => Buffer.from(text).toString('base64url')
const header = part('{"alg":"ES256"}')
const claims = part('{"sub":"a"}')
const signature = Buffer.alloc(64, 7).toString('base64url')

test.each([
  ['two parts', `${header}.${claims}`],
  ['five parts', `${header}.${claims}.${signature}.${signature}.${signature}`],
  ['an empty signature', `${header}.${claims}.`],
  ['an empty payload', `${header}..${signature}`],
  ['padding', `${header}=.${claims}.${signature}`],
  ['the other alphabet of base64', `${header}.${claims}.${signature.replace(/./, '+')}`],
  ['a space', `${header}. ${claims}.${signature}`],
  ['a line end', `${header}.${claims}.${signature}\n`],
  ['a list', `${header}.${claims}.${signature},${header}.${claims}.${signature}`],
  ['bits that mean nothing', `${header}.${claims}.${signature.slice(0, -1)}x`],
  ['a character too much', `${header}.${claims}.${signature}AAA`],
  ['a header that is no JSON', `${part('{')}.${claims}.${signature}`],
  ['a payload that is a list', `${header}.${part('[]')}.${signature}`],
  ['a payload that is null', `${header}.${part('null')}.${signature}`],
  ['a member that stands twice', `${header}.${part('{"sub":"a","sub":"a"}')}.${signature}`],
  [
    'bytes that are no UTF-8',
    `${header}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${signature}`,
  ],
  ['a byte order mark', `${header}.${part('\ufeff{}')}.${signature}`],
  ['JSON serialization', JSON.stringify({ payload: claims, protected: header, signature })],
])('a JWT with %s is none', (_, jwt) => {
  expect(decodeCompactJwt(jwt, 4096)).toBeUndefined()
})

test('a JWT is taken apart up to its greatest length', () => {
  const jwt = `${header}.${claims}.${signature}`
  expect(decodeCompactJwt(jwt, jwt.length)).toEqual({
    header: { alg: 'ES256' },
    claims: { sub: 'a' },
    signingInput: `${header}.${claims}`,
    signature: Buffer.alloc(64, 7),
  })
  expect(decodeCompactJwt(jwt, jwt.length - 1)).toBeUndefined()
})
