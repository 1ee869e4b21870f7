/**
 * A rule tried by itself: in the sandbox in which it will run, and outside of any exchange. Nobody gets a token,
 * nothing is stored, and the cache of Actions is an empty one that is thrown away.
 */
import { maxTokenLifetimeSeconds, type Scope } from '../domain/resource-server.ts'
import type { RuleModel } from '../domain/rule.ts'
import type { Program } from '../sandbox/invocation.ts'
import { BadRuleResultError, refuseOversizedClaims } from './claims.ts'
import { type InvokeRuleDeps, invokeRule, type JudgedInvocation, type MaskedLine } from './invoke-rule.ts'
import { createMask } from './masking.ts'
import { failureOf } from './rule-error.ts'
import { trialEvent } from './trial-event.ts'
import { ending } from './verdict.ts'

export interface RuleTrial {
  readonly name: string
  readonly model: RuleModel
  /** `ruleProgram` makes its code. */
  readonly program: Program
  /** An Action's `event`, or a callback rule's arguments by name; what is missing comes from a sample. */
  readonly rawEvent: unknown
  /** By name; they count more than those of the event. */
  readonly secrets: Readonly<Record<string, string>>
  /** Of the client grant. Undefined: the scopes that the event is about to issue. */
  readonly granted: readonly Scope[] | undefined
  readonly egressAllow: readonly string[]
  readonly seed: string
  readonly onLine: (line: MaskedLine) => void
}

export type TryRule = (trial: RuleTrial) => Promise<JudgedInvocation>

/** @throws TrialEventError from the function it returns. */
export function createTryRule(deps: InvokeRuleDeps): TryRule {
  return async function tryRule(trial) {
    const { input, scopes, secretValues } = trialEvent(trial.model, trial.rawEvent, trial.secrets)
    const granted = trial.granted ?? scopes
    const run = await invokeRule(
      deps,
      {
        name: trial.name,
        model: trial.model,
        scopes,
        // What an API allows rules is not known here: its default is for scopes, and what any API may allow for the time.
        bounds: { policy: 'any', offered: granted, granted },
        longestLifetimeSeconds: maxTokenLifetimeSeconds,
        mask: createMask(secretValues),
      },
      {
        program: trial.program,
        input,
        seed: trial.seed,
        egressAllow: trial.egressAllow,
        onLine: trial.onLine,
      },
    )
    return withinLimits(run, trial)
  }
}

function withinLimits(run: JudgedInvocation, { name, onLine }: RuleTrial): JudgedInvocation {
  const { decision } = run.verdict
  try {
    if (decision.kind === 'shaped') refuseOversizedClaims(decision.claims)
    return run
  } catch (error) {
    if (!(error instanceof BadRuleResultError)) throw error
    const remark = `The rule ${name} failed: ${error.message}`
    onLine({ level: 'error', text: remark })
    const line = { level: 'error', text: remark } as const
    return {
      ...run,
      verdict: ending('bad_result', failureOf(remark, error.message), remark),
      console: [...run.console, line],
    }
  }
}
