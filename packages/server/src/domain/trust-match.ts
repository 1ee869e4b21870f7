/**
 * One line of what a tenant trusts an issuer with: which of its tokens are which client. All that a match names has to
 * hold; what it does not name may be anything.
 */
import type { ClientId } from './client.ts'
import { matchesSubject } from './subject-pattern.ts'

export type ClaimValue = string | number | boolean

/** An inner object has to be there in the token, and to hold these members among others. */
export interface ClaimValues {
  readonly [name: string]: ClaimValue | ClaimValues
}

export interface TrustMatch {
  readonly clientId: ClientId
  /** Undefined: any, which `claims` have to make up for. */
  readonly sub: string | undefined
  readonly claims: ClaimValues
}

/** Of one match, those within objects counted, too. */
export const maxMatchClaims = 20
/** Claims within claims within claims. */
export const maxMatchClaimDepth = 3

/** Undefined when the token is that client; else why not, without the token's own values. */
export function whyNoMatch(
  { sub, claims }: TrustMatch,
  token: Readonly<Record<string, unknown>>,
): string | undefined {
  if (sub !== undefined && !(typeof token.sub === 'string' && matchesSubject(sub, token.sub))) {
    return `its sub is not ${sub}`
  }
  const different = differentClaim(claims, token)
  return different && `its claim ${different} is not what the match asks for`
}

/** The path to the first claim that differs. */
function differentClaim(asked: ClaimValues, given: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, value] of Object.entries(asked)) {
    const claim = Object.hasOwn(given, name) ? given[name] : undefined
    if (typeof value !== 'object') {
      if (claim !== value) return name
      continue
    }
    if (!isObject(claim)) return name
    const inner = differentClaim(value, claim)
    if (inner !== undefined) return `${name} → ${inner}`
  }
  return undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Undefined when the match can be kept; else why not, as a sentence. */
export function whyNotMatch({ sub, claims }: Pick<TrustMatch, 'sub' | 'claims'>): string | undefined {
  if (sub === undefined && Object.keys(claims).length === 0) {
    return 'It needs a sub or a claim: without one, every token of the issuer would be this client'
  }
  const counted = countClaims(claims, 1)
  if (counted.depth > maxMatchClaimDepth) {
    return `Claims may lie within each other ${maxMatchClaimDepth} deep at most`
  }
  if (counted.isAnyEmpty) return 'An object of claims that is empty asks for nothing'
  if (counted.isAnyInexact)
    return 'A number beyond 9007199254740991 is read as its neighbours are: ask for a text'
  if (counted.values > maxMatchClaims) return `It may name ${maxMatchClaims} claims at most`
  return undefined
}

function countClaims(
  claims: ClaimValues,
  depth: number,
): { values: number; depth: number; isAnyEmpty: boolean; isAnyInexact: boolean } {
  const counted = { values: 0, depth, isAnyEmpty: false, isAnyInexact: false }
  for (const value of Object.values(claims)) {
    if (typeof value !== 'object') {
      counted.values += 1
      counted.isAnyInexact ||= typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
      continue
    }
    const inner = countClaims(value, depth + 1)
    counted.values += inner.values
    counted.depth = Math.max(counted.depth, inner.depth)
    counted.isAnyInexact ||= inner.isAnyInexact
    counted.isAnyEmpty ||= inner.isAnyEmpty || Object.keys(value).length === 0
  }
  return counted
}
