/** A private key that proofs and assertions are signed with, and how it signs (RFC 7515, RFC 7518 §3). */
import { constants, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { Failure } from '../failure.ts'
import { type JsonObject, parseJsonObject, textMember } from '../json-object.ts'

export const signingAlgorithms = ['RS256', 'RS384', 'PS256', 'ES256', 'EdDSA'] as const
export type SigningAlgorithm = (typeof signingAlgorithms)[number]

export interface SigningKey {
  readonly algorithm: SigningAlgorithm
  readonly privateKey: KeyObject
  /** As the JWK names it. A PEM names none. */
  readonly kid: string | undefined
}

/** A PEM or a JWK (RFC 7517), with the algorithms that it can sign with; the first is the usual one for its kind. */
export interface ParsedKey {
  readonly privateKey: KeyObject
  readonly algorithms: readonly [SigningAlgorithm, ...SigningAlgorithm[]]
  readonly kid: string | undefined
  /** The `alg` of a JWK, which settles the algorithm. */
  readonly namedAlgorithm: string | undefined
}

/** @throws Failure that quotes nothing of the text; `what` says what the key was wanted for. */
export function parsePrivateKey(text: string, what: string): ParsedKey {
  const jwk = parseJsonObject(text)
  const privateKey = jwk ? keyInJwk(jwk) : keyInPem(text)
  if (typeof privateKey === 'string') throw noKey(what, privateKey)
  const algorithms = algorithmsOf(privateKey)
  if (!algorithms) throw noKey(what, 'It is of another kind, or too short.')
  return {
    privateKey,
    algorithms,
    kid: jwk && textMember(jwk, 'kid'),
    namedAlgorithm: jwk && textMember(jwk, 'alg'),
  }
}

/** The private key, or why there is none. Messages of the parser are not passed on: they may quote the text. */
function keyInPem(text: string): KeyObject | string {
  if (/-----BEGIN (PUBLIC KEY|CERTIFICATE)-----/.test(text)) return 'It is the public half alone.'
  if (/-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(text)) return 'It is locked with a passphrase.'
  try {
    return createPrivateKey(text)
  } catch {
    return 'It is neither a PEM nor a JWK.'
  }
}

function keyInJwk(jwk: JsonObject): KeyObject | string {
  if (textMember(jwk, 'd') === undefined) return 'As a JWK it has no private half.'
  try {
    return createPrivateKey({ key: { ...jwk }, format: 'jwk' })
  } catch {
    return 'As a JWK it is not whole.'
  }
}

const minRsaBits = 2048

function algorithmsOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject) {
  if (type === 'ec') return details?.namedCurve === 'prime256v1' ? (['ES256'] as const) : undefined
  if (type === 'ed25519') return ['EdDSA'] as const
  const isStrong = type === 'rsa' && (details?.modulusLength ?? 0) >= minRsaBits
  return isStrong ? (['RS256', 'RS384', 'PS256'] as const) : undefined
}

function noKey(what: string, why: string): Failure {
  return new Failure('usage', {
    what,
    why: `${why} It has to be a private key without a passphrase, as PEM or JWK: EC P-256, Ed25519 or RSA.`,
    todo: 'Make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem',
  })
}

/** A JWT in its compact form. */
export function signJwt(
  { algorithm, privateKey }: Pick<SigningKey, 'algorithm' | 'privateKey'>,
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
): string {
  const input = [{ ...header, alg: algorithm }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${signatureOf(algorithm, privateKey, Buffer.from(input)).toString('base64url')}`
}

function signatureOf(algorithm: SigningAlgorithm, key: KeyObject, input: Buffer): Buffer {
  switch (algorithm) {
    case 'ES256':
      return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' })
    case 'EdDSA':
      return sign(null, input, key)
    case 'PS256':
      return sign('sha256', input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
    case 'RS256':
      return sign('sha256', input, key)
    case 'RS384':
      return sign('sha384', input, key)
  }
}
