/**
 * A client that proves itself with a token of an issuer that its tenant trusts. It is client authentication with an
 * assertion (RFC 7521 §4.2) that somebody other than the client issued; it is never used as a grant.
 */
import type { Tenant } from '../../domain/tenant.ts'
import { type TrustedIssuer, type TrustedIssuerStore, trustDomainOf } from '../../domain/trusted-issuer.ts'
import type { ClaimedOrigin } from '../trusted-issuer/foreign-token.ts'
import type { PresentedToken } from '../trusted-issuer/trust-step.ts'
import { type TrustStepsDeps, trustSteps } from '../trusted-issuer/trust-steps.ts'
import { assertionRefused } from './client-refusals.ts'
import type { ProvenClient } from './proven-client.ts'

export interface ProveByFederationDeps extends TrustStepsDeps {
  readonly trustedIssuers: Pick<TrustedIssuerStore, 'findByIssuer'>
}

/**
 * The issuer whose keys decide, found by `iss`. A JWT-SVID need not have one and is found by the trust domain of its
 * `sub`. A client's own assertion has the client id as its `iss`, which cannot be an issuer's name.
 */
export async function findTrustedIssuer(
  { trustedIssuers }: Pick<ProveByFederationDeps, 'trustedIssuers'>,
  { id }: Pick<Tenant, 'id'>,
  { issuer, subject }: ClaimedOrigin,
): Promise<TrustedIssuer | undefined> {
  if (issuer?.includes(':') && issuer.length <= maxIssuerLength) {
    const byIssuer = await trustedIssuers.findByIssuer(id, issuer)
    if (byIssuer) return byIssuer
  }
  const trustDomain = subject === undefined ? undefined : trustDomainOf(subject)
  return trustDomain === undefined ? undefined : trustedIssuers.findByIssuer(id, trustDomain)
}

/** No trusted issuer has a longer name, so a longer one is not looked up. */
const maxIssuerLength = 500

/**
 * @throws OAuthError `invalid_client` for whatever is wrong with the token, or the error that a trust rule failed
 * with.
 */
export async function proveByFederation(
  deps: ProveByFederationDeps,
  presented: PresentedToken,
): Promise<ProvenClient> {
  const steps = trustSteps(deps, presented)
  for (let step = await steps.next(); ; step = await steps.next()) {
    if (step.done) {
      if (!step.value) throw federationRefused('The token proves no client.')
      const { client, trusted, subject, spentProof } = step.value
      return { client, workload: { issuer: trusted.issuer, subject }, ...(spentProof && { spentProof }) }
    }
    const { outcome, sentence, error } = step.value
    if (outcome === 'failed') {
      throw error ?? federationRefused(`Of the trusted issuer ${presented.trusted.name}: ${sentence}`)
    }
  }
}

/** One answer for all that can be wrong: what this tenant trusts, and how, is for its operator to know. */
function federationRefused(cause: string) {
  return assertionRefused('The client assertion proves no client here.', cause)
}
