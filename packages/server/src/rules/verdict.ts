/** What one run of a rule comes to, and the lines that tell its operator why. */
import type { OAuthError } from '../domain/errors.ts'
import type { Scope } from '../domain/resource-server.ts'
import type { RuleModel } from '../domain/rule.ts'
import type { CacheChange } from './action-cache.ts'
import type { Claims, DroppedClaim } from './claims.ts'
import type { Mask } from './masking.ts'
import type { ScopeBounds } from './rule-scopes.ts'

/** What a rule decided: claims it set and the scopes after it; or the error that ended the exchange. */
export type RuleDecision =
  | {
      readonly kind: 'shaped'
      readonly claims: Claims
      readonly scopes: readonly Scope[]
      /** Of the token. Undefined when it left that alone. */
      readonly lifetimeSeconds: number | undefined
    }
  | { readonly kind: 'ended'; readonly error: OAuthError }

export interface Verdict {
  /** In one word, for the log. */
  readonly ended: string
  readonly decision: RuleDecision
  /** Lines for the operator, without the values of secrets: what was dropped, cut, emptied, or went wrong. */
  readonly remarks: readonly string[]
  /** Their names, without the values of secrets, each cut, and not all of very many. */
  readonly droppedClaims: readonly string[]
  readonly cacheChanges: readonly CacheChange[]
}

/** The rule that a verdict is about, and the state of the pipeline before it ran. */
export interface JudgedRule {
  readonly name: string
  readonly model: RuleModel
  readonly scopes: readonly Scope[]
  readonly bounds: ScopeBounds
  readonly longestLifetimeSeconds: number
  readonly mask: Mask
}

/** The verdict on a rule that refused or failed. */
export function ending(
  ended: string,
  error: OAuthError,
  remark: string,
  cacheChanges: readonly CacheChange[] = [],
): Verdict {
  return {
    ended,
    decision: { kind: 'ended', error },
    remarks: [remark],
    droppedClaims: [],
    cacheChanges,
  }
}

const maxListedNames = 20

// Masked before it is cut: half a secret no longer looks like one.
function shownNames(names: readonly string[], mask: Mask): string[] {
  return names.slice(0, maxListedNames).map((name) => mask(name).slice(0, 100))
}

/** A line for each claim that was dropped, and the names as a log entry tells them. */
export function aboutDropped(
  { name, mask }: JudgedRule,
  dropped: readonly DroppedClaim[],
): Pick<Verdict, 'remarks' | 'droppedClaims'> {
  const names = shownNames(
    dropped.map((claim) => claim.name),
    mask,
  )
  const remarks = names.map(
    (claim, index) =>
      `A claim that the rule ${name} set was dropped: ${claim} (${dropped[index]?.why ?? 'it may not be set'}).`,
  )
  const others = dropped.length - names.length
  if (others > 0) remarks.push(`${others} more claims that the rule ${name} set were dropped.`)
  return { remarks, droppedClaims: names }
}

/** A line about the scopes that were cut; none when there are none. */
export function aboutCut(
  { name, mask }: JudgedRule,
  cut: readonly Scope[],
  limit: string,
): readonly string[] {
  if (cut.length === 0) return []
  const more = cut.length > maxListedNames ? ` and ${cut.length - maxListedNames} more` : ''
  return [
    `The rule ${name} returned scopes that were cut: ${shownNames(cut, mask).join(', ')}${more}. ${limit}`,
  ]
}
