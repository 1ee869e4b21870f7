/** Which scopes a rule may leave behind. */
import { parseScope, type RuleScopePolicy, type Scope } from '../domain/resource-server.ts'
import { maxRuleScopes } from '../domain/rule.ts'
import { BadRuleResultError } from './claims.ts'

/**
 * Parses the scopes that a rule asks for.
 * @throws BadRuleResultError when they are no array of scope-tokens (RFC 6749 §3.3), or one of more than 1,000.
 */
export function parseRuleScopes(rawScopes: unknown): Scope[] {
  if (!Array.isArray(rawScopes))
    throw new BadRuleResultError('The rule returned a scope that is not an array of strings.')
  const scopes = new Set<Scope>()
  for (const rawValue of rawScopes) {
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
  readonly offered: readonly Scope[]
  readonly granted: readonly Scope[]
}

/** Cuts a rule's scopes to what a policy allows; `cut` are those that went. */
export function boundRuleScopes(
  scopes: readonly Scope[],
  bounds: ScopeBounds,
): { kept: Scope[]; cut: Scope[] } {
  if (bounds.policy === 'any') return { kept: [...scopes], cut: [] }
  const limit = new Set(bounds.policy === 'api' ? bounds.offered : bounds.granted)
  return {
    kept: scopes.filter((scope) => limit.has(scope)),
    cut: scopes.filter((scope) => !limit.has(scope)),
  }
}
