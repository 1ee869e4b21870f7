import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { idOf, sampleClient, sampleCredential, secondsIn } from '../../../test/storage-conformance/samples.ts'
import type { Client } from '../../domain/client.ts'
import { maxClientCredentials, type PublicKeyCredential } from '../../domain/client-credential.ts'
import { createAssertionSignatures } from '../../keys/public-key/assertion-signature.ts'
import { parsePublicKeyPem } from '../../keys/public-key/client-public-key.ts'
import { createDecoyKeys } from '../../keys/public-key/decoy-keys.ts'
import type { ClientAssertion } from './client-assertion.ts'
import { createVerifyAssertion } from './verify-assertion.ts'

const pairs = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
}
const signatureBytes = { ES256: 64, EdDSA: 64, RS256: 256 }
const algorithms = ['ES256', 'EdDSA', 'RS256'] as const

function credentialOf(at: number, algorithm: keyof typeof pairs): PublicKeyCredential {
  const { publicKey } = pairs[algorithm]()
  const { jwk } = parsePublicKeyPem(String(publicKey.export({ type: 'spki', format: 'pem' })))
  return sampleCredential({ id: idOf(`cred_${at}`), kid: `kid_${at}`, algorithm, publicJwk: jwk })
}

function assertionOf(algorithm: keyof typeof pairs, kid: string | undefined): ClientAssertion {
  const signature = Buffer.alloc(signatureBytes[algorithm], 0x11)
  return {
    signed: { signingInput: 'e30.e30', signature },
    algorithm,
    kid,
    rawAudience: '',
    jti: 'j',
    expiresAt: secondsIn(60),
  }
}

/** How many signatures are checked for an assertion that nobody signed. */
async function checksFor(
  assertion: ClientAssertion,
  client: Client | undefined,
  credentials: PublicKeyCredential[],
): Promise<number> {
  let checks = 0
  const signatures = createAssertionSignatures()
  const verify = createVerifyAssertion({
    clientCredentials: { list: async () => credentials },
    clientKeySets: { keysOf: async () => ({ kind: 'unavailable', why: '' }) },
    signatures: {
      isSignedWith(...args) {
        checks += 1
        return signatures.isSignedWith(...args)
      },
      checkInVain(...args) {
        checks += 1
        signatures.checkInVain(...args)
      },
    },
  })
  expect((await verify(assertion, client, secondsIn(0))).fault).toBeDefined()
  return checks
}

test.each(algorithms)(
  'an assertion with %s that nobody signed costs the same work, whatever keys there are',
  async (algorithm) => {
    const [one, other] = [credentialOf(1, algorithm), credentialOf(2, algorithm)]
    const another = credentialOf(3, algorithm === 'ES256' ? 'EdDSA' : 'ES256')
    const client = sampleClient({
      tokenEndpointAuthMethod: 'private_key_jwt',
      jwksUri: undefined,
      activeCredentialIds: [one, other, another].map(({ id }) => id),
    })
    for (const [kid, expected] of [
      [undefined, maxClientCredentials],
      ['kid_1', 1],
      ['unknown', 1],
    ] as const) {
      const checksWith = (credentials: PublicKeyCredential[], owner: Client | undefined = client) =>
        checksFor(assertionOf(algorithm, kid), owner, credentials)
      const checks = [
        await checksFor(assertionOf(algorithm, kid), undefined, []),
        await checksWith([]),
        await checksWith([one]),
        await checksWith([one, other]),
        await checksWith([another]),
        await checksWith([one], sampleClient({ tokenEndpointAuthMethod: 'client_secret_post' })),
        await checksWith([], sampleClient({ tokenEndpointAuthMethod: 'private_key_jwt' })),
      ]
      expect(checks).toEqual(checks.map(() => expected))
    }
  },
)

// A signature of another length is no work at all.
test('a decoy is of the size that the signature asks for, and every signature is below its modulus', () => {
  const decoys = createDecoyKeys()
  const modulusFor = (bytes: number) => {
    const jwk = decoys.rsa(bytes)
    return Buffer.from(jwk.kty === 'RSA' ? jwk.n : '', 'base64url')
  }
  for (const bytes of [256, 257, 384, 512]) {
    expect(modulusFor(bytes)).toHaveLength(bytes)
    expect(modulusFor(bytes).equals(modulusFor(bytes))).toBe(true)
    expect(modulusFor(bytes)[0]).toBe(0xff)
  }
  for (const bytes of [0, 255, 513, 1500]) expect(modulusFor(bytes)).toHaveLength(256)
})
