/** DPoP proofs that prove nothing (RFC 9449 §4.3), one by one. */
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { base64url, createProofPair, hashOf, type Members, signText } from '../../../test/dpop-proofs.ts'
import {
  pair,
  proof,
  refusalOf,
  request,
  seconds,
  uri,
  withClaims,
  withHeader,
} from '../../../test/judged-proofs.ts'
import { maxProofLength } from './dpop-proof.ts'

describe('refused', () => {
  const jwk = pair.publicJwk
  const ed = createProofPair('EdDSA')
  const rsa = createProofPair('PS256')
  const other = createProofPair()
  const withJwk = (changes: Members) => withHeader({ jwk: { ...jwk, ...changes } })
  const privateJwk = pair.privateKey.export({ format: 'jwk' })
  const weakRsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })
  const x25519 = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })

  const cases: [name: string, rawProofs: () => readonly string[]][] = [
    ['no header', () => []],
    ['two headers', () => [proof(), proof()]],
    ['a header twice', () => Array(2).fill(proof())],
    ['two proofs in one header', () => [`${proof()}, ${proof()}`]],
    ['an empty header', () => ['']],
    ['a word', () => ['proof']],
    ['a space behind it', () => [`${proof()} `]],
    ['a part too few', () => [proof().split('.').slice(0, 2).join('.')]],
    ['a part too many', () => [`${proof()}.AAAA`]],
    ['a padded part', () => [proof().replace('.', '=.')]],
    ['no signature', () => [proof().replace(/[^.]+$/, '')]],
    ['JSON serialization', () => [JSON.stringify({ payload: 'e30', protected: 'e30', signature: 'AA' })]],
    ['a proof longer than it may be', () => [withClaims({ more: 'x'.repeat(maxProofLength) })]],
    ['a header that is null', () => [signText(pair, 'null', '{}')]],
    ['claims that are a list', () => [signText(pair, JSON.stringify({ typ: 'dpop+jwt' }), '[]')]],
    [
      'a member twice',
      () => [
        signText(pair, JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk }), `{"htm":"POST","htm":"POST"}`),
      ],
    ],

    ['no typ', () => [withHeader({ typ: undefined })]],
    ['the typ JWT', () => [withHeader({ typ: 'JWT' })]],
    ['the typ of an access token', () => [withHeader({ typ: 'at+jwt' })]],
    ['the typ in upper case', () => [withHeader({ typ: 'DPOP+JWT' })]],
    ['the typ with its tree', () => [withHeader({ typ: 'application/dpop+jwt' })]],
    ['no alg', () => [withHeader({ alg: undefined })]],
    ['the alg none', () => [withHeader({ alg: 'none' })]],
    ['the alg none without a signature', () => [withHeader({ alg: 'none' }).replace(/[^.]+$/, '')]],
    ['the alg in lower case', () => [withHeader({ alg: 'es256' })]],
    ['the alg as a list', () => [withHeader({ alg: ['ES256'] })]],
    [
      'HS256 with the key as its secret',
      () => [
        proof({
          header: { alg: 'HS256' },
          signer: (input) => createHmac('sha256', JSON.stringify(jwk)).update(input).digest(),
        }),
      ],
    ],
    [
      'HS256 with a symmetric key',
      () => [
        proof({
          header: { alg: 'HS256', jwk: { kty: 'oct', k: 'c2VjcmV0' } },
          signer: (input) => createHmac('sha256', 'secret').update(input).digest(),
        }),
      ],
    ],
    [
      'RS256',
      () => [
        proof(
          { header: { alg: 'RS256' }, signer: (input) => sign('sha256', Buffer.from(input), rsa.privateKey) },
          rsa,
        ),
      ],
    ],
    ['ES384', () => [withHeader({ alg: 'ES384', jwk: p384 })]],
    ['the alg of another kind of key', () => [withHeader({ alg: 'PS256' })]],
    ['an extension that must be understood', () => [withHeader({ crit: ['x'], x: 1 })]],
    ['no extension that must be understood', () => [withHeader({ crit: [] })]],
    ['an unencoded payload', () => [withHeader({ b64: false })]],

    ['no jwk', () => [withHeader({ jwk: undefined })]],
    ['a jwk that is text', () => [withHeader({ jwk: JSON.stringify(jwk) })]],
    ['a jwk that is null', () => [withHeader({ jwk: null })]],
    ['a jwk in a list', () => [withHeader({ jwk: [jwk] })]],
    ['a jwk without a type', () => [withJwk({ kty: undefined })]],
    ['a jwk of an unknown type', () => [withJwk({ kty: 'AKP' })]],
    ['a private key', () => [withHeader({ jwk: privateJwk })]],
    [
      'the private half of an RSA key',
      () => [proof({ header: { jwk: rsa.privateKey.export({ format: 'jwk' }) } }, rsa)],
    ],
    ['a symmetric member beside a public key', () => [withJwk({ k: 'c2VjcmV0' })]],
    ['an empty private member', () => [withJwk({ d: '' })]],
    ['a key without y', () => [withJwk({ y: undefined })]],
    ['a point that is not on the curve', () => [withJwk({ y: jwk.x })]],
    [
      'the point at infinity',
      () => [withJwk({ x: base64url('\0'.repeat(32)), y: base64url('\0'.repeat(32)) })],
    ],
    ['a coordinate with a leading zero', () => [withJwk({ x: withZeroBefore(jwk.x) })]],
    ['a coordinate that is padded', () => [withJwk({ x: `${jwk.x}=` })]],
    ['a coordinate that is a number', () => [withJwk({ x: 7 })]],
    ['a curve that does not fit', () => [withJwk({ crv: 'P-384' })]],
    ['a curve with a smaller order', () => [withJwk({ crv: 'secp256k1' })]],
    ['a key for encryption', () => [withJwk({ use: 'enc' })]],
    ['a key that may only sign', () => [withJwk({ key_ops: ['sign'] })]],
    ['a key for another algorithm', () => [withJwk({ alg: 'ES384' })]],
    ['an X25519 key', () => [proof({ header: { alg: 'EdDSA', jwk: x25519 } })]],
    ['an Ed448 curve', () => [proof({ header: { jwk: { ...ed.publicJwk, crv: 'Ed448' } } }, ed)]],
    [
      'an RSA key of 1,024 bits',
      () => [
        proof(
          { header: { jwk: weakRsa.publicKey.export({ format: 'jwk' }) } },
          { ...rsa, privateKey: weakRsa.privateKey },
        ),
      ],
    ],
    ['an RSA exponent of 1', () => [proof({ header: { jwk: { ...rsa.publicJwk, e: 'AQ' } } }, rsa)]],
    ['an RSA exponent of 3', () => [proof({ header: { jwk: { ...rsa.publicJwk, e: 'Aw' } } }, rsa)]],
    [
      'an RSA exponent with a leading zero',
      () => [proof({ header: { jwk: { ...rsa.publicJwk, e: 'AAEAAQ' } } }, rsa)],
    ],
    [
      'an RSA exponent as long as the modulus',
      () => [proof({ header: { jwk: { ...rsa.publicJwk, e: rsa.publicJwk.n } } }, rsa)],
    ],
    [
      'an RSA modulus with a leading zero',
      () => [proof({ header: { jwk: { ...rsa.publicJwk, n: withZeroBefore(rsa.publicJwk.n) } } }, rsa)],
    ],

    ['another key’s signature', () => [proof({ header: { jwk: other.publicJwk } })]],
    ['a signature over something else', () => [proof({ signer: () => randomBytes(64) })]],
    ['a signature of zeros', () => [proof({ signer: () => Buffer.alloc(64) })]],
    [
      'a signature in DER',
      () => [proof({ signer: (input) => sign('sha256', Buffer.from(input), pair.privateKey) })],
    ],
    ['a signature that is cut', () => [proof({ signer: () => Buffer.alloc(63, 1) })]],
    [
      'an RSA signature of PKCS #1 v1.5',
      () => [proof({ signer: (input) => sign('sha256', Buffer.from(input), rsa.privateKey) }, rsa)],
    ],

    ['no jti', () => [withClaims({ jti: undefined })]],
    ['an empty jti', () => [withClaims({ jti: '' })]],
    ['a jti that is a number', () => [withClaims({ jti: 7 })]],
    ['a jti of 129 characters', () => [withClaims({ jti: 'j'.repeat(129) })]],
    ['half a surrogate pair as its jti', () => [withClaims({ jti: 'j\ud800' })]],
    ['no htm', () => [withClaims({ htm: undefined })]],
    ['the htm GET', () => [withClaims({ htm: 'GET' })]],
    ['the htm in lower case', () => [withClaims({ htm: 'post' })]],
    ['the htm as a list', () => [withClaims({ htm: ['POST'] })]],
    ['no htu', () => [withClaims({ htu: undefined })]],
    ['an htu that is a number', () => [withClaims({ htu: 1 })]],
    ['the htu in a list', () => [withClaims({ htu: [uri] })]],
    ['another host’s htu', () => [withClaims({ htu: 'https://evil.example.com/oauth/token' })]],
    ['another port’s htu', () => [withClaims({ htu: 'https://id.example.com:8443/oauth/token' })]],
    ['an htu without TLS', () => [withClaims({ htu: 'http://id.example.com/oauth/token' })]],
    ['another path’s htu', () => [withClaims({ htu: 'https://id.example.com/oauth/revoke' })]],
    ['an htu without a host', () => [withClaims({ htu: '/oauth/token' })]],
    ['no iat', () => [withClaims({ iat: undefined })]],
    ['an iat that is text', () => [withClaims({ iat: String(seconds) })]],
    ['an iat that is null', () => [withClaims({ iat: null })]],
    ['an iat an hour ago', () => [withClaims({ iat: seconds - 3600 })]],
    ['an iat in an hour', () => [withClaims({ iat: seconds + 3600 })]],
    ['an iat 61 seconds ago', () => [withClaims({ iat: seconds - 61 })]],
    ['an iat in 11 seconds', () => [withClaims({ iat: seconds + 11 })]],
    ['an iat beyond all time', () => [withClaims({ iat: 1e308 })]],
    ['a negative iat', () => [withClaims({ iat: -1 })]],
    ['an nbf in 11 seconds', () => [withClaims({ nbf: seconds + 11 })]],
    ['an nbf that is text', () => [withClaims({ nbf: 'now' })]],
    ['an exp ten seconds ago', () => [withClaims({ exp: seconds - 10 })]],
    ['an exp that is null', () => [withClaims({ exp: null })]],
    ['a nonce that is a number', () => [withClaims({ nonce: 1 })]],
  ]
  test.each(cases)('%s', (_, rawProofs) => {
    expect(refusalOf(rawProofs())).toBeDefined()
  })

  test('without the hash of the access token that it comes with, or with that of another', () => {
    const asked = { ...request, accessToken: 'token' }
    const claims = [
      {},
      { ath: hashOf('other') },
      { ath: 'token' },
      { ath: [hashOf('token')] },
      { ath: hashOf('token').slice(0, -1) },
    ]
    for (const each of claims) expect(refusalOf([withClaims(each)], asked)).toContain('ath')
    expect(refusalOf([withClaims({ ath: hashOf('token') })], asked)).toBeUndefined()
  })

  test('no refusal quotes what was sent', () => {
    const refusals = cases.map(([, rawProofs]) => refusalOf(rawProofs()) ?? '')
    for (const words of refusals) expect(words).not.toMatch(/eyJ|evil|example|[A-Za-z0-9_-]{40}/)
  })
})

function withZeroBefore(text: string | undefined): string {
  return Buffer.concat([Buffer.of(0), Buffer.from(text ?? '', 'base64url')]).toString('base64url')
}
