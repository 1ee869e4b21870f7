/**
 * The client that a verified token of another issuer stands for, by the matches of its issuer or else by its rule.
 */
import type { ClientId } from '../../domain/client.ts'
import { whyNoMatch } from '../../domain/trust-match.ts'
import type { RunTrustRule } from '../../rules/run-trust-rule.ts'
import type { ForeignToken } from './foreign-token.ts'
import { failing, type PresentedToken, passed, type TrustStep } from './trust-step.ts'

export interface TrustedClientDeps {
  readonly runTrustRule: RunTrustRule
}

export async function* clientOf(
  deps: TrustedClientDeps,
  presented: PresentedToken,
  token: ForeignToken,
): AsyncGenerator<TrustStep, ClientId | undefined> {
  const { trusted, clientId: wanted } = presented
  const found = new Set<ClientId>()
  for (const [at, match] of trusted.matches.entries()) {
    const reason = whyNoMatch(match, token.claims)
    if (reason === undefined) found.add(match.clientId)
    const sentence = `Match ${at + 1}, for ${match.clientId}: ${reason ?? 'it holds'}.`
    yield { name: 'match', outcome: reason === undefined ? 'passed' : 'noted', sentence }
  }
  const named = [...found].filter((id) => wanted === undefined || id === wanted)
  const [first, ...others] = named
  // Whoever wrote the matches may not have noticed that two hold; the request has to say which one is meant.
  if (others.length > 0) {
    return yield* failing(
      'client',
      `${named.length} clients match; the request has to name one of them as client_id.`,
    )
  }
  if (first !== undefined) return first
  const byRule = yield* clientByRule(deps, presented, token)
  if (byRule.hasFailed) return undefined
  if (byRule.clientId !== undefined && (wanted === undefined || byRule.clientId === wanted))
    return byRule.clientId
  const sentence =
    wanted === undefined
      ? `Nothing gives the sub ${token.subject} to a client.`
      : `Nothing gives the sub ${token.subject} to the client that the request names.`
  return yield* failing('client', sentence)
}

interface ByRule {
  readonly clientId: ClientId | undefined
  readonly hasFailed: boolean
}

async function* clientByRule(
  { runTrustRule }: TrustedClientDeps,
  { tenant, trusted, isForManagement }: PresentedToken,
  { claims, header }: ForeignToken,
): AsyncGenerator<TrustStep, ByRule> {
  const { ruleSource } = trusted
  if (ruleSource === undefined) return { clientId: undefined, hasFailed: false }
  if (isForManagement) {
    yield { name: 'rule', outcome: 'noted', sentence: 'No rule runs for a token of the management API.' }
    return { clientId: undefined, hasFailed: false }
  }
  const { outcome, console } = await runTrustRule(
    { ...trusted, ruleSource },
    { claims, header },
    tenant.egressAllow,
  )
  for (const line of console) yield { name: 'rule', outcome: 'noted', sentence: `The rule printed: ${line}` }
  if (outcome.kind === 'failed') {
    yield* failing('rule', outcome.sentence, outcome.error)
    return { clientId: undefined, hasFailed: true }
  }
  const { clientId } = outcome
  yield clientId === undefined
    ? { name: 'rule', outcome: 'noted', sentence: 'The rule gives it to no client.' }
    : passed('rule', `The rule gives it to ${clientId}.`)
  return { clientId, hasFailed: false }
}
