/** What a callback rule handed over, judged: its result shapes the token, its error ends the exchange. */
import { parseCallbackAnswer } from './callback-model.ts'
import { type Claims, splitClaims } from './claims.ts'
import { refusalOf } from './rule-error.ts'
import { boundRuleScopes, parseRuleScopes } from './rule-scopes.ts'
import { aboutCut, aboutDropped, ending, type JudgedRule, type Verdict } from './verdict.ts'

/** @throws TypeError or BadRuleResultError when it is nothing a callback rule may hand over. */
export function judgeCallback(rawValue: unknown, rule: JudgedRule): Verdict {
  const answer = parseCallbackAnswer(rawValue)
  if (answer.kind === 'answered') return shape(answer.result, rule)
  const message = rule.mask(answer.message)
  const error = refusalOf(rule.name, answer.errorName, message)
  return ending('refused', error, `The rule ${rule.name} refused the request: ${message}`)
}

function shape({ scope, ...set }: Claims, rule: JudgedRule): Verdict {
  const { claims, dropped } = splitClaims('callback', Object.entries(set))
  const aboutClaims = aboutDropped(rule, dropped)
  const isEmptied = scope === undefined || scope === null
  const { kept, cut } = boundRuleScopes(isEmptied ? [] : parseRuleScopes(scope), rule.bounds)
  const emptied = `The rule ${rule.name} returned no scope, so the token gets none. Set scope in its result to keep them.`
  const limit = `The API allows rules the scopes of policy "${rule.bounds.policy}".`
  return {
    ended: 'returned',
    decision: { kind: 'shaped', claims, scopes: kept, lifetimeSeconds: undefined },
    remarks: [...aboutClaims.remarks, ...(isEmptied ? [emptied] : []), ...aboutCut(rule, cut, limit)],
    droppedClaims: aboutClaims.droppedClaims,
    cacheChanges: [],
  }
}
