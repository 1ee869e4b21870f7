/** One rule of the pipeline, run once: its input in the form of its model, its invocation, and the trace of it. */
import { createHmac, createSecretKey } from 'node:crypto'
import type { RuleTrace } from '../domain/log-entry.ts'
import type { PipelineRule, RuleStore } from '../domain/rule.ts'
import type { InvocationResult } from '../sandbox/invocation.ts'
import type { ActionCache, CacheChange, CacheRecord } from './action-cache.ts'
import { type ActionInput, actionEvent } from './action-event.ts'
import { callbackInput } from './callback-input.ts'
import type { CallbackInput } from './callback-model.ts'
import type { Claims } from './claims.ts'
import {
  type InvokeRuleDeps,
  invokeRule,
  type JudgedInvocation,
  type MaskedFetch,
  type MaskedLine,
} from './invoke-rule.ts'
import type { Mask } from './masking.ts'
import type { PipelineExchange } from './pipeline-exchange.ts'
import { storedProgram } from './rule-program.ts'
import type { ScopeBounds } from './rule-scopes.ts'
import type { JudgedRule, RuleDecision } from './verdict.ts'

/** One rule's part of an exchange, as the log entry and the exchange record tell it. */
export interface RuleRun {
  readonly trace: RuleTrace
  readonly scopesBefore: JudgedRule['scopes']
  /** Of an Action: the cache as it saw it, and what it changed there. */
  readonly cache:
    | { readonly before: readonly CacheRecord[]; readonly changes: readonly CacheChange[] }
    | undefined
  readonly console: readonly MaskedLine[]
  readonly fetches: readonly MaskedFetch[]
  readonly lane: InvocationResult['lane']
  readonly resends: number
  readonly decision: RuleDecision
}

export interface RunRuleDeps extends InvokeRuleDeps {
  readonly rules: RuleStore
  readonly actionCache: ActionCache
  /** Follows the console of rules while they run. */
  readonly onRuleLine: (exchange: PipelineExchange, step: PipelineRule, line: MaskedLine) => void
}

/** What one rule needs beyond the exchange: the state of the pipeline when its turn comes. */
export interface RuleTurn {
  readonly step: PipelineRule
  readonly secrets: Readonly<Record<string, string>>
  readonly scopes: JudgedRule['scopes']
  /** Set by rules before it. */
  readonly claims: Claims
  readonly bounds: ScopeBounds
  readonly longestLifetimeSeconds: number
  readonly mask: Mask
}

export async function runRule(
  deps: RunRuleDeps,
  exchange: PipelineExchange,
  turn: RuleTurn,
): Promise<RuleRun> {
  const { rule } = turn.step
  const { scopes, bounds, longestLifetimeSeconds, mask } = turn
  const cached = rule.model === 'action' ? deps.actionCache.read(rule.tenantId) : undefined
  const run = await invokeRule(
    deps,
    { name: rule.name, model: rule.model, scopes, bounds, longestLifetimeSeconds, mask },
    {
      program: storedProgram(deps.rules, turn.step),
      input: cached ? actionInput(exchange, turn, cached) : callbackInputOf(exchange, turn),
      seed: seedFor(exchange.seed, turn.step),
      egressAllow: exchange.tenant.egressAllow,
      onLine: (line) => deps.onRuleLine(exchange, turn.step, line),
    },
  )
  const { decision, cacheChanges } = run.verdict
  deps.actionCache.change(rule.tenantId, cacheChanges)
  return {
    trace: traceOf(turn.step, run),
    scopesBefore: turn.scopes,
    cache: cached && { before: cached, changes: cacheChanges },
    console: run.console,
    fetches: run.fetches,
    lane: run.lane,
    resends: run.resends,
    decision,
  }
}

function callbackInputOf(exchange: PipelineExchange, turn: RuleTurn): CallbackInput {
  return callbackInput({
    tenantName: exchange.tenant.name,
    client: exchange.client,
    audience: exchange.audience,
    scopes: turn.scopes,
    request: exchange.request,
    secrets: turn.secrets,
    webtask: turn.step.version.webtask,
  })
}

function actionInput(exchange: PipelineExchange, turn: RuleTurn, cache: readonly CacheRecord[]): ActionInput {
  const event = actionEvent({
    requestId: exchange.requestId,
    tenantName: exchange.tenant.name,
    client: exchange.client,
    audience: exchange.audience,
    scopes: turn.scopes,
    claims: turn.claims,
    requestedScopes: exchange.requestedScopes,
    request: exchange.request,
    secrets: turn.secrets,
  })
  return { event, cache }
}

// Each rule draws from its own stream, so that adding a rule does not change what another one sees in a replay.
function seedFor(exchangeSeed: string, { version }: PipelineRule): string {
  const key = createSecretKey(exchangeSeed, 'base64url')
  return createHmac('sha256', key).update(version.id).digest('base64url')
}

function traceOf(
  { rule, version }: PipelineRule,
  { verdict, startedAt, durationMs }: JudgedInvocation,
): RuleTrace {
  return {
    ruleId: rule.id,
    ruleName: rule.name,
    versionId: version.id,
    versionNumber: version.number,
    ended: verdict.ended,
    durationMs,
    droppedClaims: verdict.droppedClaims,
    door: rule.door,
    bindingId: rule.binding?.id,
    startedAt,
    failure: verdict.decision.kind === 'ended' ? verdict.remarks[0]?.slice(0, maxFailureLength) : undefined,
  }
}

/** Characters of what went wrong that a log entry keeps. It is masked already. */
const maxFailureLength = 1000
