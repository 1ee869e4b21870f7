/**
 * One invocation of a rule and the verdict on it. Lines go out live, masked; nothing the rule handed over is believed
 * before it has been judged.
 */
import type {
  ConsoleLine,
  FetchTrace,
  InvocationOutcome,
  InvocationResult,
  Program,
  Sandbox,
} from '../sandbox/invocation.ts'
import { BadRuleResultError } from './claims.ts'
import { judgeAction } from './judge-action.ts'
import { judgeCallback } from './judge-callback.ts'
import type { Mask } from './masking.ts'
import { endOf, failureOf } from './rule-error.ts'
import { ending, type JudgedRule, type Verdict } from './verdict.ts'

/** Without the values of secrets. */
export type MaskedLine = Omit<ConsoleLine, 'isCut'>
export type MaskedFetch = Omit<FetchTrace, 'isBodyCut'>

export interface InvokeRuleDeps {
  readonly sandbox: Pick<Sandbox, 'invoke'>
  readonly now: () => Date
}

export interface RuleInvocation {
  readonly program: Program
  /** What the surroundings of its model take. */
  readonly input: unknown
  readonly seed: string
  readonly egressAllow: readonly string[]
  readonly onLine: (line: MaskedLine) => void
}

export interface JudgedInvocation {
  readonly verdict: Verdict
  readonly startedAt: Date
  readonly durationMs: number
  /** What the rule printed until it ended, and the remarks of the verdict. */
  readonly console: readonly MaskedLine[]
  readonly fetches: readonly MaskedFetch[]
  readonly lane: InvocationResult['lane']
  readonly resends: number
}

export async function invokeRule(
  { sandbox, now }: InvokeRuleDeps,
  rule: JudgedRule,
  { program, input, seed, egressAllow, onLine }: RuleInvocation,
): Promise<JudgedInvocation> {
  const startedAt = now()
  const lines: MaskedLine[] = []
  let settled = false
  const say = (line: ConsoleLine) => {
    const masked = { level: line.level, text: rule.mask(line.text, line.isCut && 'cut') }
    if (!settled) lines.push(masked)
    onLine(masked)
  }
  const inputJson = JSON.stringify(input)
  const result = await sandbox.invoke({ program, inputJson, seed, egressAllow, onConsole: say })
  const verdict = judge(result.outcome, rule, now())
  const level = verdict.decision.kind === 'ended' ? 'error' : 'warn'
  for (const text of verdict.remarks) say({ level, text })
  settled = true
  return {
    verdict,
    startedAt,
    durationMs: result.durationMs,
    console: lines,
    fetches: result.fetches.map((fetch) => maskedFetch(fetch, rule.mask)),
    lane: result.lane,
    resends: result.resends,
  }
}

function maskedFetch({ isBodyCut, ...fetch }: FetchTrace, mask: Mask): MaskedFetch {
  const bodyHead = isBodyCut ? mask(fetch.bodyHead, 'cut') : mask(fetch.bodyHead)
  return { ...fetch, url: mask(fetch.url), bodyHead }
}

function judge(outcome: InvocationOutcome, rule: JudgedRule, now: Date): Verdict {
  if (outcome.kind !== 'returned') {
    const { ended, sentence, error } = endOf(rule.name, outcome, rule.mask)
    return ending(ended, error, sentence)
  }
  try {
    return rule.model === 'action'
      ? judgeAction(outcome.rawValue, rule, now)
      : judgeCallback(outcome.rawValue, rule)
  } catch (error) {
    if (!(error instanceof BadRuleResultError || error instanceof TypeError)) throw error
    const sentence = `The rule ${rule.name} failed: ${error.message}`
    return ending('bad_result', failureOf(sentence, error.message), sentence)
  }
}
