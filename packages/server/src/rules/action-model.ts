/**
 * The programming model of Actions: `exports.onExecuteCredentialsExchange = async (event, api) => …`. What an Action
 * asks for by `api` is noted inside the sandbox and handed over as data when the function has ended; the parser of it
 * believes none of it.
 */
import type { Scope } from '../domain/resource-server.ts'
import type { ProgramCode } from '../sandbox/invocation.ts'
import { actionAdapter } from './action-adapter.ts'
import { type CacheChange, cacheLimits } from './action-cache.ts'
import { parseRuleScopes } from './rule-scopes.ts'

/** What stands around the source of an Action. Nothing in front: an Action may name its own things as it likes. */
export const actionModel: Pick<ProgramCode, 'prologue' | 'adapter'> = { prologue: '', adapter: actionAdapter }

/** What an Action did, parsed. */
export interface ActionAnswer {
  readonly denial: Denial | undefined
  /** In the order in which they were set; a value is undefined where it was one that JSON does not know. */
  readonly claims: readonly (readonly [name: string, value: unknown])[]
  /** Of the token, as the last call asked for it. Undefined when it left that alone. */
  readonly lifetimeSeconds: number | undefined
  /** Undefined when it left the scopes alone. */
  readonly targetScopes: readonly Scope[] | undefined
  readonly cacheChanges: readonly CacheChange[]
}

export interface Denial {
  /** As the Action wrote it. */
  readonly code: string
  readonly reason: string | undefined
}

/**
 * Parses what an Action handed over. `now` bounds what it may keep in the cache.
 * @throws BadRuleResultError for scopes that are none. @throws TypeError when the value is not what the adapter makes;
 * only a tampering Action achieves that.
 */
export function parseActionAnswer(rawValue: unknown, now: Date): ActionAnswer {
  const { denial, claims, expiresIn, targetScopes, cacheChanges } = requireRecord(rawValue)
  return {
    denial: denial === null ? undefined : parseDenial(denial),
    claims: requireList(claims).map(parseClaim),
    lifetimeSeconds: expiresIn === null ? undefined : requireSeconds(expiresIn),
    targetScopes: targetScopes === null ? undefined : parseRuleScopes(targetScopes),
    cacheChanges: parseChanges(cacheChanges, now),
  }
}

function parseDenial(rawDenial: unknown): Denial {
  const { code, reason } = requireRecord(rawDenial)
  return { code: requireText(code), reason: reason === null ? undefined : requireText(reason) }
}

function parseClaim(rawClaim: unknown): readonly [string, unknown] {
  const [name, value, ...others] = requireList(rawClaim)
  if (others.length > 0) throw tampered()
  return [requireText(name), value]
}

function parseChanges(rawChanges: unknown, now: Date): CacheChange[] {
  const changes = requireList(rawChanges).map((rawChange) => parseChange(rawChange, now))
  if (changes.length > cacheLimits.maxChanges) throw tampered()
  return changes
}

function parseChange(rawChange: unknown, now: Date): CacheChange {
  const { key: rawKey, value, expiresAt } = requireRecord(rawChange)
  const key = requireTextWithin(rawKey, cacheLimits.maxKeyBytes)
  if (value === null) return { kind: 'deleted', key }
  if (typeof expiresAt !== 'number') throw tampered()
  return {
    kind: 'set',
    key,
    value: requireTextWithin(value, cacheLimits.maxValueBytes),
    expiresAt: Math.min(expiresAt, now.getTime() + cacheLimits.maxTtlMs),
  }
}

function requireRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw tampered()
  return value as Record<string, unknown>
}

function requireList(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw tampered()
  return value
}

function requireText(value: unknown): string {
  if (typeof value !== 'string') throw tampered()
  return value
}

function requireSeconds(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) throw tampered()
  return value
}

function requireTextWithin(value: unknown, maxBytes: number): string {
  const text = requireText(value)
  if (Buffer.byteLength(text) > maxBytes) throw tampered()
  return text
}

function tampered(): TypeError {
  return new TypeError('The rule tampered with its answer.')
}
