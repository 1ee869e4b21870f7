/**
 * The pipeline: each enabled rule in order. A rule receives the scopes so far; claims are merged, a later one
 * overwrites; the first refusal ends it. Anything that goes wrong in a rule fails the exchange closed.
 */
import type { OAuthError } from '../domain/errors.ts'
import type { Scope } from '../domain/resource-server.ts'
import { longestLifetimeSeconds } from '../domain/token-lifetime.ts'
import type { Encryption } from '../keys/secret/encryption.ts'
import { BadRuleResultError, type Claims, refuseOversizedClaims } from './claims.ts'
import { createMaskOf } from './masking.ts'
import { createOpenSecretsOf } from './opened-secrets.ts'
import type { PipelineExchange } from './pipeline-exchange.ts'
import { failureOf } from './rule-error.ts'
import type { ScopeBounds } from './rule-scopes.ts'
import { type RuleRun, type RunRuleDeps, runRule } from './run-rule.ts'

export type PipelineOutcome = PipelineRuns &
  (
    | {
        readonly kind: 'shaped'
        readonly scopes: readonly Scope[]
        readonly claims: Claims
        /** Of the token: what the last rule that set it asked for, or all that it may have. */
        readonly lifetimeSeconds: number
      }
    | { readonly kind: 'ended'; readonly error: OAuthError }
  )

interface PipelineRuns {
  readonly runs: readonly RuleRun[]
  /** Replaces the values of the secrets that took part; for all that is kept of the exchange. */
  readonly mask: (text: string) => string
}

export interface PipelineDeps extends RunRuleDeps {
  readonly encryption: Encryption
}

export type RunPipeline = (exchange: PipelineExchange) => Promise<PipelineOutcome>

export function createRunPipeline(deps: PipelineDeps): RunPipeline {
  const openSecretsOf = createOpenSecretsOf(deps.encryption)
  return async function runPipeline(exchange) {
    const steps = (await deps.rules.pipeline(exchange.tenant.id)).filter(
      ({ rule }) => rule.clientFilter === undefined || rule.clientFilter === exchange.client.id,
    )
    const secrets = steps.map(openSecretsOf)
    const mask = createMaskOf(secrets.flatMap(({ needles }) => needles))
    const bounds = boundsOf(exchange)
    const longest = longestLifetimeSeconds(exchange.client, exchange.resourceServer)
    const runs: RuleRun[] = []
    let scopes = exchange.scopes
    let claims: Claims = {}
    let lifetimeSeconds = longest
    for (const [index, step] of steps.entries()) {
      const run = await runRule(deps, exchange, {
        step,
        secrets: secrets[index]?.values ?? {},
        scopes,
        claims,
        bounds,
        longestLifetimeSeconds: longest,
        mask,
      })
      runs.push(run)
      if (run.decision.kind === 'ended') return { kind: 'ended', error: run.decision.error, runs, mask }
      scopes = run.decision.scopes
      claims = { ...claims, ...run.decision.claims }
      lifetimeSeconds = run.decision.lifetimeSeconds ?? lifetimeSeconds
    }
    const tooLarge = oversize(claims)
    return tooLarge
      ? { kind: 'ended', error: tooLarge, runs, mask }
      : { kind: 'shaped', scopes, claims, lifetimeSeconds, runs, mask }
  }
}

function boundsOf({ resourceServer, granted }: PipelineExchange): ScopeBounds {
  return {
    policy: resourceServer.ruleScopes,
    offered: resourceServer.scopes.map((scope) => scope.value),
    granted,
  }
}

function oversize(claims: Claims): OAuthError | undefined {
  try {
    refuseOversizedClaims(claims)
    return undefined
  } catch (error) {
    if (error instanceof BadRuleResultError) return failureOf(error.message, error.message)
    throw error
  }
}
