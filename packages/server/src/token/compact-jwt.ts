/**
 * A JWT that somebody else signed, taken apart (RFC 7515 §7.1). Nothing in it is proven yet. Only one text is
 * accepted for one JWT: no padding, no white space, no stray bits, and no repeated member.
 */
import { decodeBase64url } from '../keys/base64url.ts'
import { parseUnambiguousObject } from './unambiguous-object.ts'

export type Members = Readonly<Record<string, unknown>>

export interface CompactJwt {
  readonly header: Members
  readonly claims: Members
  /** What is signed. */
  readonly signingInput: string
  readonly signature: Buffer
}

const threeParts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/

/** Undefined for everything else, and for what is longer. */
export function decodeCompactJwt(jwt: string, maxLength: number): CompactJwt | undefined {
  if (jwt.length > maxLength) return undefined
  const [, rawHeader, rawClaims, rawSignature] = threeParts.exec(jwt) ?? []
  const header = decodeMembers(rawHeader)
  const claims = decodeMembers(rawClaims)
  const signature = decodeBase64url(rawSignature)
  if (!header || !claims || !signature) return undefined
  return { header, claims, signingInput: `${rawHeader}.${rawClaims}`, signature }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeMembers(part: string | undefined): Members | undefined {
  const bytes = decodeBase64url(part)
  if (bytes === undefined) return undefined
  try {
    return parseUnambiguousObject(utf8.decode(bytes))
  } catch {
    return undefined
  }
}
