/**
 * Which claims and scopes a rule may set. A callback rule keeps the old rule: `scope`, and properties
 * whose name is an http or https URL outside the vendor's own domains. Everything else is dropped, and
 * a line says so: the most common complaint of the old platform was a claim that vanished without a word.
 */

import { parseScope, type RuleScopePolicy, type Scope } from '../domain/resource-server.ts'
import { maxCustomClaimBytes, maxRuleScopes } from '../domain/rule.ts'

export type Claims = Readonly<Record<string, unknown>>

/** What a rule returned is not what a rule may return: the exchange fails. The message is for the log. */
export class BadRuleResultError extends Error {
  override readonly name = 'BadRuleResultError'
}

const vendorHosts = ['auth0.com', 'webtask.io', 'webtask.run']

/** True for a name that a callback rule may set as a claim. */
export function isNamespacedClaim(name: string): boolean {
  const url = URL.parse(name)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false
  return !vendorHosts.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`))
}

/** Splits a callback rule's result into the claims it may set and the names that are dropped. `scope` is neither. */
export function namespacedClaims(result: Claims): { claims: Claims; dropped: string[] } {
  const claims: [string, unknown][] = []
  const dropped: string[] = []
  for (const [name, value] of Object.entries(result)) {
    if (name === 'scope') continue
    if (isNamespacedClaim(name)) claims.push([name, value])
    else dropped.push(name)
  }
  return { claims: Object.fromEntries(claims), dropped }
}

/**
 * Parses the `scope` of a callback rule's result. Undefined when the rule gave none, which empties the set.
 * @throws BadRuleResultError when it is no array of scope-tokens (RFC 6749 §3.3), or one of more than 1,000.
 */
export function parseRuleScopes(rawScope: unknown): Scope[] | undefined {
  if (rawScope === undefined || rawScope === null) return undefined
  if (!Array.isArray(rawScope))
    throw new BadRuleResultError('The rule returned a scope that is not an array of strings.')
  const scopes = new Set<Scope>()
  for (const rawValue of rawScope) {
    const scope = typeof rawValue === 'string' ? parseScope(rawValue) : undefined
    if (scope === undefined) {
      throw new BadRuleResultError(
        'The rule returned a scope with a value that is no scope (RFC 6749, section 3.3).',
      )
    }
    scopes.add(scope)
  }
  if (scopes.size > maxRuleScopes) {
    throw new BadRuleResultError(
      `The rule returned ${scopes.size} scopes; at most ${maxRuleScopes} are allowed.`,
    )
  }
  return [...scopes]
}

/** The scopes a client is entitled to, from the widest to the narrowest a policy may hold a rule to. */
export interface ScopeBounds {
  readonly policy: RuleScopePolicy
  readonly offered: ReadonlySet<Scope>
  readonly granted: ReadonlySet<Scope>
}

/** Cuts a rule's scopes to what the resource server's policy allows; `cut` are those that went. */
export function boundRuleScopes(
  scopes: readonly Scope[],
  bounds: ScopeBounds,
): { kept: Scope[]; cut: Scope[] } {
  if (bounds.policy === 'any') return { kept: [...scopes], cut: [] }
  const limit = bounds.policy === 'api' ? bounds.offered : bounds.granted
  return {
    kept: scopes.filter((scope) => limit.has(scope)),
    cut: scopes.filter((scope) => !limit.has(scope)),
  }
}

/** @throws BadRuleResultError when all custom claims of a token together are larger than 100 kB as JSON. */
export function refuseOversizedClaims(claims: Claims): void {
  const bytes = Buffer.byteLength(JSON.stringify(claims))
  if (bytes > maxCustomClaimBytes) {
    throw new BadRuleResultError(
      `The custom claims have ${bytes} bytes; at most ${maxCustomClaimBytes} are allowed.`,
    )
  }
}
