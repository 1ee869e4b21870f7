/**
 * A compact JWS (RFC 7515 §3.1) made with the runtime's own signatures. ES256, EdDSA and HS256 take less time than
 * handing them to another thread and back, so they are made at once. RSA takes fifteen times as long, and ML-DSA
 * forty times, so these are made off the main thread (docs/decisions).
 */
import { constants, createHmac, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { KeyAlgorithm } from '../../domain/resource-server.ts'
import { fixedSignatureOf } from '../es256-signature.ts'
import { revealSecret, type SecretText } from '../secret/secret-text.ts'

const signElsewhere = promisify(sign)

/** RFC 9068 §2.1 for access tokens of that profile. The last two are not tokens but statements about tokens. */
export type TokenType = 'at+jwt' | 'JWT' | 'statuslist+jwt' | 'token-introspection+jwt'

export interface TokenHeaderToSign {
  readonly alg: KeyAlgorithm
  readonly typ: TokenType
  readonly kid: string
}

export async function signToken(
  header: TokenHeaderToSign,
  claims: Readonly<Record<string, unknown>>,
  key: KeyObject,
): Promise<string> {
  const input = signingInput(header, claims)
  const signature = await signatureOf(header.alg, Buffer.from(input), key)
  return `${input}.${signature.toString('base64url')}`
}

/** RFC 7518 §3.2. The secret's UTF-8 bytes are the key, as every verifier takes them. */
export function signTokenWithSecret(
  header: { readonly alg: 'HS256'; readonly typ: TokenType },
  claims: Readonly<Record<string, unknown>>,
  secret: SecretText,
): string {
  const input = signingInput(header, claims)
  return `${input}.${createHmac('sha256', revealSecret(secret)).update(input).digest('base64url')}`
}

/** RFC 7515 §5.1. */
function signingInput(header: object, claims: Readonly<Record<string, unknown>>): string {
  return `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`
}

function signatureOf(algorithm: KeyAlgorithm, input: Buffer, key: KeyObject): Buffer | Promise<Buffer> {
  switch (algorithm) {
    case 'ES256':
      return fixedSignatureOf(sign('sha256', input, key))
    case 'EdDSA':
      return sign(null, input, key)
    case 'RS256':
      return signElsewhere('sha256', input, key)
    case 'RS512':
      return signElsewhere('sha512', input, key)
    case 'PS256':
      return signElsewhere('sha256', input, { key, ...pss })
    case 'ML-DSA-65':
      // RFC 9964 §4: of the message itself, with an empty context.
      return signElsewhere(null, input, key)
  }
}

// RFC 7518 §3.5: the salt is as long as the digest.
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
