import { expect, test } from 'vitest'
import { parseForeignToken, UnreadableTokenError } from './foreign-token.ts'

const tokenWith = (header: object) =>
  [JSON.stringify(header), '{"sub":"workload"}', 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')

test('EdDSA may go by the name of RFC 9864, and a trust rule sees the name that the token has', () => {
  expect(parseForeignToken(tokenWith({ alg: 'Ed25519', kid: 'k' }))).toMatchObject({
    algorithm: 'EdDSA',
    header: { alg: 'Ed25519', kid: 'k' },
  })
  expect(parseForeignToken(tokenWith({ alg: 'EdDSA' })).header).toEqual({ alg: 'EdDSA' })
})

test.each(['none', 'HS256', 'Ed448', 'ed25519', 'ES256K', 'constructor', ['Ed25519'], null])(
  'a token whose alg is %j is not read',
  (alg) => {
    expect(() => parseForeignToken(tokenWith({ alg }))).toThrow(UnreadableTokenError)
  },
)
