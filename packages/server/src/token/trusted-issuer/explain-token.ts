/**
 * Tells an operator which client a token of another issuer stands for: the same steps as at the token endpoint, all
 * of them.
 */
import type { ClientId } from '../../domain/client.ts'
import type { TrustedIssuer } from '../../domain/trusted-issuer.ts'
import {
  findTrustedIssuer,
  type ProveByFederationDeps,
} from '../client-authentication/prove-by-federation.ts'
import { untrustedIssuer } from '../shown-text.ts'
import { claimsToBe } from './foreign-token.ts'
import type { PresentedToken, TrustStep } from './trust-step.ts'
import { trustSteps } from './trust-steps.ts'

export interface ExplainedToken {
  /** Undefined: the token proves nobody. */
  readonly clientId: ClientId | undefined
  readonly trusted: TrustedIssuer | undefined
  readonly steps: readonly TrustStep[]
}

/** Spends nothing and keeps nothing. */
export type ExplainToken = (asked: Omit<PresentedToken, 'trusted'>) => Promise<ExplainedToken>

export function createExplainToken(deps: ProveByFederationDeps): ExplainToken {
  return async function explainToken(asked) {
    const claimed = claimsToBe(asked.jwt)
    const trusted = await findTrustedIssuer(deps, asked.tenant, claimed)
    if (!trusted) return { clientId: undefined, trusted, steps: [untrusted(claimed.issuer)] }
    const found: TrustStep[] = []
    const steps = trustSteps(deps, { ...asked, trusted })
    for (let step = await steps.next(); ; step = await steps.next()) {
      if (step.done) return { clientId: step.value?.client.id, trusted, steps: found }
      found.push(step.value)
    }
  }
}

function untrusted(issuer: string | undefined): TrustStep {
  const sentence =
    issuer === undefined
      ? 'It cannot be read as a JWT, or it has no iss, and its sub is of no trust domain that is trusted.'
      : untrustedIssuer(issuer)
  return { name: 'issuer', outcome: 'failed', sentence }
}
