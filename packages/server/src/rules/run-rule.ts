/**
 * One rule of the pipeline, run once: its input, its invocation, and the parsing of what came back. Lines go out
 * live, masked; nothing the rule returned is believed before it has been parsed here.
 */
import { createHmac, createSecretKey } from 'node:crypto'
import type { OAuthError } from '../domain/errors.ts'
import type { RuleTrace } from '../domain/log-entry.ts'
import type { Scope } from '../domain/resource-server.ts'
import type { PipelineRule, RuleStore } from '../domain/rule.ts'
import type { ConsoleLine, FetchTrace, InvocationResult, Sandbox } from '../sandbox/invocation.ts'
import { callbackInput } from './callback-input.ts'
import { parseCallbackAnswer } from './callback-model.ts'
import {
  BadRuleResultError,
  boundRuleScopes,
  type Claims,
  namespacedClaims,
  parseRuleScopes,
  type ScopeBounds,
} from './claims.ts'
import type { Mask } from './masking.ts'
import type { PipelineExchange } from './pipeline-exchange.ts'
import { endOf, failureOf, refusalOf } from './rule-error.ts'
import { ruleProgram } from './rule-program.ts'

/** One rule's part of an exchange, as the log entry and the exchange record tell it. */
export interface RuleRun {
  readonly trace: RuleTrace
  readonly scopesBefore: readonly Scope[]
  readonly console: readonly MaskedLine[]
  readonly fetches: readonly MaskedFetch[]
  readonly lane: InvocationResult['lane']
  readonly resends: number
  /** What the rule decided: claims it set and the scopes after it; or the error that ended the exchange. */
  readonly decision: RuleDecision
}

type MaskedLine = Omit<ConsoleLine, 'isCut'>
type MaskedFetch = Omit<FetchTrace, 'isBodyCut'>

export type RuleDecision =
  | { readonly kind: 'shaped'; readonly claims: Claims; readonly scopes: readonly Scope[] }
  | { readonly kind: 'ended'; readonly error: OAuthError }

export interface RunRuleDeps {
  readonly rules: RuleStore
  readonly sandbox: Pick<Sandbox, 'invoke'>
  /** Follows the console of rules while they run. */
  readonly onRuleLine: (exchange: PipelineExchange, step: PipelineRule, line: MaskedLine) => void
}

/** What one rule needs beyond the exchange: the state of the pipeline when its turn comes. */
export interface RuleTurn {
  readonly step: PipelineRule
  readonly secrets: Readonly<Record<string, string>>
  readonly scopes: readonly Scope[]
  readonly bounds: ScopeBounds
  readonly mask: Mask
}

export async function runRule(
  deps: RunRuleDeps,
  exchange: PipelineExchange,
  turn: RuleTurn,
): Promise<RuleRun> {
  const lines: MaskedLine[] = []
  let settled = false
  const say = (line: ConsoleLine) => {
    const masked = { level: line.level, text: turn.mask(line.text, line.isCut && 'cut') }
    if (!settled) lines.push(masked)
    deps.onRuleLine(exchange, turn.step, masked)
  }
  const result = await deps.sandbox.invoke({
    program: programOf(deps.rules, turn.step),
    inputJson: JSON.stringify(inputOf(exchange, turn)),
    seed: seedFor(exchange.seed, turn.step),
    egressAllow: exchange.tenant.egressAllow,
    onConsole: say,
  })
  const verdict = judge(result, turn)
  for (const text of verdict.remarks)
    say({ level: verdict.decision.kind === 'ended' ? 'error' : 'warn', text })
  settled = true
  return {
    trace: traceOf(turn, result, verdict),
    scopesBefore: turn.scopes,
    console: lines,
    fetches: result.fetches.map((fetch) => maskedFetch(fetch, turn.mask)),
    lane: result.lane,
    resends: result.resends,
    decision: verdict.decision,
  }
}

function maskedFetch({ isBodyCut, ...fetch }: FetchTrace, mask: Mask): MaskedFetch {
  const bodyHead = isBodyCut ? mask(fetch.bodyHead, 'cut') : mask(fetch.bodyHead)
  return { ...fetch, url: mask(fetch.url), bodyHead }
}

function programOf(rules: RuleStore, { rule, version }: PipelineRule) {
  return {
    id: version.id,
    owner: rule.tenantId,
    load: async () => {
      const stored = await rules.findVersion(rule.tenantId, version.id)
      if (!stored) throw new Error(`The version ${version.id} of the rule ${rule.name} is not stored.`)
      return ruleProgram(rule.model, stored)
    },
  }
}

function inputOf(exchange: PipelineExchange, turn: RuleTurn) {
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

// Each rule draws from its own stream, so that adding a rule does not change what another one sees in a replay.
function seedFor(exchangeSeed: string, { version }: PipelineRule): string {
  const key = createSecretKey(exchangeSeed, 'base64url')
  return createHmac('sha256', key).update(version.id).digest('base64url')
}

interface Verdict {
  readonly ended: string
  readonly decision: RuleDecision
  /** Lines for the operator: what was dropped, cut, emptied, or went wrong. */
  readonly remarks: readonly string[]
  readonly droppedClaims: readonly string[]
}

function judge(result: InvocationResult, turn: RuleTurn): Verdict {
  const name = turn.step.rule.name
  if (result.outcome.kind !== 'returned') {
    const { ended, sentence, error } = endOf(name, result.outcome, turn.mask)
    return ending(ended, error, sentence)
  }
  try {
    const answer = parseCallbackAnswer(result.outcome.rawValue)
    if (answer.kind === 'answered') return shape(answer.result, turn)
    const message = turn.mask(answer.message)
    const error = refusalOf(name, answer.errorName, message)
    return ending('refused', error, `The rule ${name} refused the request: ${message}`)
  } catch (error) {
    if (!(error instanceof BadRuleResultError || error instanceof TypeError)) throw error
    const sentence = `The rule ${name} failed: ${error.message}`
    return ending('bad_result', failureOf(sentence, error.message), sentence)
  }
}

function ending(ended: string, error: OAuthError, remark: string): Verdict {
  return { ended, decision: { kind: 'ended', error }, remarks: [remark], droppedClaims: [] }
}

function shape(result: Claims, turn: RuleTurn): Verdict {
  const name = turn.step.rule.name
  const remarks: string[] = []
  const { claims, dropped } = namespacedClaims(result)
  if (dropped.length > 0) {
    remarks.push(
      `The rule ${name} returned claims that were dropped: ${listed(dropped, turn.mask)}. ` +
        'A claim needs a name that is an http or https URL; standard claims cannot be set.',
    )
  }
  const returned = parseRuleScopes(result.scope)
  if (returned === undefined) {
    remarks.push(
      `The rule ${name} returned no scope, so the token gets none. Set scope in its result to keep them.`,
    )
  }
  const { kept, cut } = boundRuleScopes(returned ?? [], turn.bounds)
  if (cut.length > 0) {
    remarks.push(
      `The rule ${name} returned scopes that were cut: ${listed(cut, turn.mask)}. ` +
        `The API allows rules the scopes of policy "${turn.bounds.policy}".`,
    )
  }
  return {
    ended: 'returned',
    decision: { kind: 'shaped', claims, scopes: kept },
    remarks,
    droppedClaims: dropped,
  }
}

const maxListedNames = 20

// Masked before it is cut: half a secret no longer looks like one.
function listed(names: readonly string[], mask: Mask): string {
  const shown = names
    .slice(0, maxListedNames)
    .map((name) => mask(name).slice(0, 100))
    .join(', ')
  return names.length > maxListedNames ? `${shown} and ${names.length - maxListedNames} more` : shown
}

function traceOf({ step, mask }: RuleTurn, result: InvocationResult, verdict: Verdict): RuleTrace {
  return {
    ruleId: step.rule.id,
    ruleName: step.rule.name,
    versionId: step.version.id,
    versionNumber: step.version.number,
    ended: verdict.ended,
    durationMs: result.durationMs,
    droppedClaims: verdict.droppedClaims.slice(0, maxListedNames).map((name) => mask(name).slice(0, 100)),
  }
}
