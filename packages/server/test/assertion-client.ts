/** A client that proves itself with a key: the pair, its credential, and the assertions that it signs. */
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import type { Connection } from '@tallystick/management-api/connect'
import { type JWTHeaderParameters, SignJWT } from 'jose'
import { nextRsaPair } from './rsa-pairs.ts'
import { invoices } from './test-server.ts'

export type Algorithm = 'RS256' | 'RS384' | 'PS256' | 'ES256' | 'EdDSA'

export interface KeyPair {
  readonly algorithm: Algorithm
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** SPKI. */
  readonly pem: string
}

export function createKeyPair(algorithm: Algorithm): KeyPair {
  const { privateKey, publicKey } = pairFor(algorithm)
  return {
    algorithm,
    privateKey,
    publicKey,
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

function pairFor(algorithm: Algorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  return nextRsaPair()
}

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Undefined leaves a claim out. */
export type ClaimChanges = {
  readonly [Name in 'iss' | 'sub' | 'aud' | 'iat' | 'exp' | 'nbf' | 'jti' | 'more']?: unknown
}

/** An assertion as `claims` and `header` say, and right in all that they leave open. */
export async function signAssertion(
  pair: KeyPair,
  { clientId, issuer, now = new Date() }: { clientId: string; issuer: string; now?: Date },
  claims: ClaimChanges = {},
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const iat = Math.floor(now.getTime() / 1000)
  const right = { iss: clientId, sub: clientId, aud: issuer, iat, exp: iat + 60, jti: randomUUID() }
  const payload: { [claim: string]: unknown } = { ...right, ...claims }
  return new SignJWT(payload).setProtectedHeader({ alg: pair.algorithm, ...header }).sign(pair.privateKey)
}

/** The parameters of a token request that an assertion proves; without `client_id`. */
export function byAssertion(jwt: string): Record<string, unknown> {
  return {
    client_id: undefined,
    client_secret: undefined,
    client_assertion_type: assertionType,
    client_assertion: jwt,
  }
}

/** A client of this key that may read invoices; its id and the id of its credential. */
export async function createKeyClient(
  management: Connection,
  pair: KeyPair,
): Promise<{ id: string; credentialId: string }> {
  const credential = { credential_type: 'public_key' as const, pem: pair.pem, alg: pair.algorithm }
  const { client_id: id } = await management.clients.create({
    name: `with a key for ${pair.algorithm}`,
    client_authentication_methods: { private_key_jwt: { credentials: [credential] } },
  })
  await management.clientGrants.create({ client_id: id, audience: invoices, scope: ['read'] })
  const [stored] = await management.clientCredentials.list(id)
  return { id, credentialId: stored?.id ?? '' }
}
