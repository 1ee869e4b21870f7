import { constants, type KeyObject, sign } from 'node:crypto'
import { importJWK } from 'jose'
import { expect, test } from 'vitest'
import { nextRsaPair } from '../../../test/rsa-pairs.ts'
import { TokenInvalidError, verifyToken } from './verify-token.ts'

const now = new Date('2030-01-01T00:00:00Z')
const nowSeconds = now.getTime() / 1000
const expected = { issuer: 'https://acme.example.com/', audience: 'https://api.example.com/', now }
const claims = { iss: expected.issuer, aud: expected.audience, sub: 'c@clients', iat: nowSeconds }

const paddings = { RS256: constants.RSA_PKCS1_PADDING, PS256: constants.RSA_PKCS1_PSS_PADDING }

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Of 256 signatures one begins so. */
function signedWithLeadingZero(alg: keyof typeof paddings, key: KeyObject) {
  for (let exp = nowSeconds + 1; ; exp += 1) {
    const input = `${encoded({ alg, typ: 'at+jwt' })}.${encoded({ ...claims, exp })}`
    const options = { key, padding: paddings[alg], saltLength: 32 }
    const signature = sign('sha256', Buffer.from(input), options)
    if (signature[0] === 0) return { input, signature }
  }
}

test.each(['RS256', 'PS256'] as const)(
  'a token of %s whose signature begins with a zero byte is refused without it',
  async (algorithm) => {
    const { privateKey, publicKey } = nextRsaPair()
    const key = await importJWK(publicKey.export({ format: 'jwk' }), algorithm)
    const { input, signature } = signedWithLeadingZero(algorithm, privateKey)
    const verified = (bytes: Buffer) =>
      verifyToken(`${input}.${bytes.toString('base64url')}`, key, algorithm, expected)

    await expect(verified(signature.subarray(1))).rejects.toThrow(TokenInvalidError)
    expect(await verified(signature)).toMatchObject(claims)
  },
)
