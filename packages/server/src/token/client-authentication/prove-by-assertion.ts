/** A client that proves itself with an assertion signed by a key of its own (RFC 7523 §3). */
import { type Client, type ClientStore, parseClientId } from '../../domain/client.ts'
import { fapiAlgorithmsInWords, isFapiAlgorithm } from '../../domain/security-demands.ts'
import type { SpentProof, SpentProofStore } from '../../domain/spent-proof.ts'
import { allowsTokenEndpointAudience } from '../../domain/tenant.ts'
import type { IncomingTokenRequest } from '../exchange.ts'
import { type ClientAssertion, parseAssertion } from './client-assertion.ts'
import { assertionRefused, assertionWasSpent } from './client-refusals.ts'
import type { ProvenClient } from './proven-client.ts'
import { whyNotProven } from './registered-method.ts'
import type { VerifyAssertion } from './verify-assertion.ts'

export interface ProveByAssertionDeps {
  readonly clients: Pick<ClientStore, 'find'>
  readonly spentProofs: Pick<SpentProofStore, 'isSpent'>
  readonly verifyAssertion: VerifyAssertion
  readonly now: () => Date
}

/**
 * The content of the assertion is checked first, so that the answer to a bad one says nothing about any client.
 * @throws OAuthError `invalid_client`
 */
export async function proveByAssertion(
  deps: ProveByAssertionDeps,
  { tenant, issuer }: Pick<IncomingTokenRequest, 'tenant' | 'issuer'>,
  clientId: string,
  jwt: string,
): Promise<ProvenClient> {
  const now = deps.now()
  const audiences = allowsTokenEndpointAudience(tenant)
    ? [issuer.issuer, `${issuer.origin}/oauth/token`]
    : [issuer.issuer]
  const assertion = parseAssertion(jwt, { clientId, audiences, now })
  const id = parseClientId(clientId)
  const client = id && (await deps.clients.find(tenant.id, id))
  const { fault, credential: usedCredential } = await deps.verifyAssertion(assertion, client, now)
  const reason = whyNotProven(client, 'assertion', fault)
  if (!client || reason !== undefined) {
    throw assertionRefused(
      'The client assertion is not signed with a key that counts for this client.',
      reason,
    )
  }
  const weakness = whyWeak(assertion, issuer.issuer)
  const spentProof = await spend(deps, client, assertion)
  return {
    client,
    spentProof,
    ...(usedCredential && { usedCredential }),
    ...(weakness !== undefined && { weakness }),
  }
}

/** FAPI 2.0 Security Profile §5.3.2.1 and §5.4.1: the issuer, as a string, and no RSASSA-PKCS1-v1_5. */
function whyWeak({ algorithm, rawAudience }: ClientAssertion, issuer: string): string | undefined {
  if (!isFapiAlgorithm(algorithm)) {
    return `The assertion is signed with ${algorithm}; it must be ${fapiAlgorithmsInWords}.`
  }
  return rawAudience === issuer ? undefined : 'The aud of the assertion must be the issuer, as a string.'
}

/** Refuses early what was spent before. Two uses at the same time are found when the exchange is recorded. */
async function spend(
  { spentProofs }: ProveByAssertionDeps,
  { tenantId, id: clientId }: Client,
  { jti, expiresAt }: ClientAssertion,
): Promise<SpentProof> {
  const proof = { tenantId, kind: 'client_assertion', holder: clientId, jti } as const
  if (await spentProofs.isSpent(proof)) throw assertionWasSpent()
  return { ...proof, expiresAt }
}
