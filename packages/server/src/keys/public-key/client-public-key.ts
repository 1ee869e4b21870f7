/**
 * The public key of a client, as it is registered: a PEM or a JWK, made into one form. A private key is refused and
 * never kept, and so is a key too weak to prove anyone (RFC 7518 §3.3: RSA has 2048 bits or more).
 */
import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { AssertionAlgorithm, ClientPublicJwk } from '../../domain/client-credential.ts'
import { decodeBase64url } from '../base64url.ts'
import { readCertificate } from '../certificate/certificate-facts.ts'
import { pemLabels, readPemBlock } from '../pem-block.ts'
import { whyUnsound } from './sound-key.ts'

/** Why the key cannot be registered, for whoever registers it. Quotes nothing of the key. */
export class ClientKeyError extends Error {
  override readonly name = 'ClientKeyError'
}

export interface ClientPublicKey {
  readonly jwk: ClientPublicJwk
  /** Those that the key can be used with; the first is what it is used with unless another is asked for. */
  readonly algorithms: readonly [AssertionAlgorithm, ...AssertionAlgorithm[]]
  /** RFC 7638, SHA-256. */
  readonly thumbprint: string
  /** Of the certificate that held the key. */
  readonly certificateExpiresAt: Date | undefined
}

export const minRsaBits = 2048
/** A signature of a larger key leaves too little room in an assertion. */
export const maxRsaBits = 4096
const minRsaExponent = 65_537n
/** Usual exponents are far smaller; with a larger one a signature would take as long to check as to make. */
const maxRsaExponent = 2n ** 33n

/** @throws ClientKeyError */
export function parsePublicKeyPem(pem: string): ClientPublicKey {
  const labels = pemLabels(pem)
  if (labels.some((label) => label.includes('PRIVATE'))) throw privateKeySent()
  if (labels.length !== 1) throw new ClientKeyError('Send one PEM block: a public key or a certificate.')
  const block = readPemBlock(pem)
  if (!block) {
    throw new ClientKeyError(
      'The public key cannot be read: between its first and last line a PEM has base64 alone (RFC 7468).',
    )
  }
  const { label, der } = block
  if (label === 'CERTIFICATE') return fromCertificate(der)
  if (label !== 'PUBLIC KEY' && label !== 'RSA PUBLIC KEY') {
    throw new ClientKeyError('The PEM is neither a public key nor a certificate.')
  }
  const type = label === 'PUBLIC KEY' ? 'spki' : 'pkcs1'
  return fromKey(read(() => createPublicKey({ key: der, format: 'der', type })))
}

/** @throws ClientKeyError */
export function parsePublicKeyJwk(jwk: Readonly<Record<string, unknown>>): ClientPublicKey {
  if (holdsPrivateKey(jwk)) throw privateKeySent()
  if (jwk.use !== undefined && jwk.use !== 'sig') {
    throw new ClientKeyError('The JWK is not for signatures: its use must be sig.')
  }
  const { kty, crv, n, e, x, y, key_ops: operations } = jwk
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    throw new ClientKeyError('The JWK is not for signatures: its key_ops must have verify among them.')
  }
  const key = fromKey(
    read(() => createPublicKey({ key: { kty, crv, n, e, x, y } as JsonWebKey, format: 'jwk' })),
  )
  // RFC 7518 §6.2.1.2, §6.3.1.1: no padding, coordinates in full length, numbers without leading zeros.
  if (Object.entries(key.jwk).some(([member, value]) => jwk[member] !== value)) {
    throw new ClientKeyError('The JWK is not written as RFC 7518 has it, in base64url without padding.')
  }
  return key
}

// RFC 7518 §6, RFC 9964: everything that only the owner of a key may know, and `k`, a secret that both sides share.
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

export function holdsPrivateKey(jwk: Readonly<Record<string, unknown>>): boolean {
  return privateMembers.some((member) => Object.hasOwn(jwk, member))
}

function privateKeySent(): ClientKeyError {
  return new ClientKeyError(
    'This holds a private key, which must never leave its owner: make a new pair, and send its public half.',
  )
}

function fromCertificate(der: Buffer): ClientPublicKey {
  const certificate = readCertificate(der)
  if (!certificate) throw cannotBeRead()
  const key = fromKey(read(() => certificate.publicKey))
  return { ...key, certificateExpiresAt: certificate.validToDate }
}

function read<Value>(parse: () => Value): Value {
  try {
    return parse()
  } catch {
    throw cannotBeRead()
  }
}

// Without the parser's words, which may quote what was sent.
function cannotBeRead(): ClientKeyError {
  return new ClientKeyError('The public key cannot be read.')
}

function fromKey(key: KeyObject): ClientPublicKey {
  const jwk = publicJwkOf(key)
  const fault = whyUnsound(key)
  if (fault !== undefined) throw new ClientKeyError(fault)
  return {
    jwk,
    algorithms: algorithmsOf(jwk),
    thumbprint: thumbprintOf(jwk),
    certificateExpiresAt: undefined,
  }
}

const kinds: readonly unknown[] = ['rsa', 'ec', 'ed25519']

/** @throws ClientKeyError unless it is of a kind that clients may use. */
export function publicJwkOf(key: KeyObject): ClientPublicJwk {
  if (!kinds.includes(key.asymmetricKeyType)) throw kindNotOffered()
  const { crv, n, e, x, y } = read(() => key.export({ format: 'jwk' }))
  if (key.asymmetricKeyType === 'rsa' && n !== undefined && e !== undefined) {
    refuseWeakRsa(key)
    return { kty: 'RSA', n, e }
  }
  if (key.asymmetricKeyType === 'ec' && crv === 'P-256' && x !== undefined && y !== undefined) {
    return { kty: 'EC', crv, x, y }
  }
  if (key.asymmetricKeyType === 'ed25519' && x !== undefined) {
    return { kty: 'OKP', crv: 'Ed25519', x }
  }
  throw kindNotOffered()
}

function kindNotOffered(): ClientKeyError {
  return new ClientKeyError('The key is of a kind not offered here: use RSA, EC P-256 or Ed25519.')
}

/** @throws ClientKeyError */
export function refuseWeakRsa(key: KeyObject): void {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < minRsaBits || modulusLength > maxRsaBits) {
    throw new ClientKeyError(
      `The RSA key has ${modulusLength} bits; it must have ${minRsaBits} to ${maxRsaBits}.`,
    )
  }
  if (publicExponent < minRsaExponent) {
    throw new ClientKeyError(`The exponent of the RSA key is too small; ${minRsaExponent} is usual.`)
  }
  if (publicExponent > maxRsaExponent || publicExponent % 2n === 0n) {
    throw new ClientKeyError(`The exponent of the RSA key is even or too large; ${minRsaExponent} is usual.`)
  }
  // An even modulus is factored at once.
  const modulus = decodeBase64url(key.export({ format: 'jwk' }).n)
  if ((modulus?.at(-1) ?? 0) % 2 === 0) throw new ClientKeyError('The modulus of the RSA key is even.')
}

function algorithmsOf(jwk: ClientPublicJwk): ClientPublicKey['algorithms'] {
  if (jwk.kty === 'RSA') return ['RS256', 'RS384', 'PS256']
  return jwk.kty === 'EC' ? ['ES256'] : ['EdDSA']
}

/** RFC 7638 §3: the members that make the key, in the order of their names. */
export function thumbprintOf(jwk: ClientPublicJwk): string {
  const members = Object.entries(jwk).sort(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url')
}
