/** What an Action did, judged: claims and scopes that it may set shape the token, a denial ends the exchange. */
import { OAuthError, type OAuthErrorCode } from '../domain/errors.ts'
import { type ActionAnswer, type Denial, parseActionAnswer } from './action-model.ts'
import { splitClaims } from './claims.ts'
import { boundRuleScopes } from './rule-scopes.ts'
import { aboutCut, aboutDropped, ending, type JudgedRule, type Verdict } from './verdict.ts'

/** @throws TypeError or BadRuleResultError when it is nothing an Action may hand over. */
export function judgeAction(rawValue: unknown, rule: JudgedRule, now: Date): Verdict {
  const answer = parseActionAnswer(rawValue, now)
  return answer.denial ? denied(answer.denial, answer, rule) : shape(answer, rule)
}

const denialCodes: ReadonlyMap<string, OAuthErrorCode> = new Map([
  ['invalid_request', 'invalid_request'],
  ['invalid_scope', 'invalid_scope'],
  ['server_error', 'server_error'],
])

// Another code is none that a client could expect. Where it stands alone, it is most likely the reason.
function denied({ code, reason }: Denial, { cacheChanges }: ActionAnswer, rule: JudgedRule): Verdict {
  const known = denialCodes.get(code)
  const words = rule.mask(reason || (known ? 'An Action denied this request.' : code))
  const cause = `The rule ${rule.name} denied the request: ${words}`
  const error = new OAuthError(known ?? 'access_denied', words, { cause })
  return ending('refused', error, cause, cacheChanges)
}

function shape(answer: ActionAnswer, rule: JudgedRule): Verdict {
  const { claims: set, targetScopes, cacheChanges } = answer
  const lifetime = boundLifetime(answer.lifetimeSeconds, rule)
  const { claims, dropped } = splitClaims('action', set)
  const aboutClaims = aboutDropped(rule, dropped)
  // Whatever the API allows other rules: an Action is held to the client grant.
  const { kept, cut } = targetScopes
    ? boundRuleScopes(targetScopes, { ...rule.bounds, policy: 'grant' })
    : { kept: rule.scopes, cut: [] }
  return {
    ended: 'returned',
    decision: { kind: 'shaped', claims, scopes: kept, lifetimeSeconds: lifetime.seconds },
    remarks: [
      ...aboutClaims.remarks,
      ...aboutCut(rule, cut, 'An Action may keep what the client grant holds, and no more.'),
      ...lifetime.remarks,
    ],
    droppedClaims: aboutClaims.droppedClaims,
    cacheChanges,
  }
}

/** What an Action asks for is cut to what it may have: it can shorten the life of a token, and never lengthen it. */
function boundLifetime(asked: number | undefined, { name, longestLifetimeSeconds: longest }: JudgedRule) {
  if (asked === undefined || asked <= longest) return { seconds: asked, remarks: [] }
  const remark = `The rule ${name} asked for a token of ${asked} s; it lives for ${longest} s, the most that the API and the client allow.`
  return { seconds: longest, remarks: [remark] }
}
