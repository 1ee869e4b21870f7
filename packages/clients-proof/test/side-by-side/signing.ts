/** Assertions and proofs put together by hand, so that every part of one can be wrong. */
import { createHmac, type JsonWebKey, type KeyObject, randomUUID, sign } from 'node:crypto'
import type { Clients, Side } from './sides.ts'

export type Members = Readonly<Record<string, unknown>>
type Sign = (input: string) => Buffer

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** `header` and `claims` are text where no JSON library would write them so. */
export function compact(header: Members | string, claims: Members | string, signer: Sign): string {
  const input = `${part(header)}.${part(claims)}`
  return `${input}.${signer(input).toString('base64url')}`
}

export const byKey =
  (key: KeyObject): Sign =>
  (input) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })

export const byText =
  (text: string): Sign =>
  (input) =>
    createHmac('sha256', text).update(input).digest()

export const unsigned: Sign = () => Buffer.alloc(0)

export const seconds = () => Math.floor(Date.now() / 1000)

/** Undefined leaves a claim out. */
export function assertionClaims({ keyed }: Clients, { issuer }: Side, changes: Members = {}): Members {
  const right = { iss: keyed.id, sub: keyed.id, aud: issuer, iat: seconds(), exp: seconds() + 60 }
  return { ...right, jti: randomUUID(), ...changes }
}

export function assertion(clients: Clients, side: Side, claims: Members = {}, header: Members = {}): string {
  const { privateKey } = clients.keyed
  return compact({ alg: 'ES256', ...header }, assertionClaims(clients, side, claims), byKey(privateKey))
}

export interface ProofKey {
  readonly privateKey: KeyObject
  readonly publicJwk: JsonWebKey
}

export function proof(
  { privateKey, publicJwk }: ProofKey,
  { tokenUrl }: Side,
  claims: Members = {},
  header: Members = {},
  signer: Sign = byKey(privateKey),
): string {
  const right = { jti: randomUUID(), htm: 'POST', htu: tokenUrl, iat: seconds() }
  return compact(
    { typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk, ...header },
    { ...right, ...claims },
    signer,
  )
}
