/**
 * Whether the caller holds the key that its token is bound to: that of a certificate (RFC 8705 §3) or one that signs
 * proofs (RFC 9449 §7.1). Such a token counts only with its proof, and a proof only with such a token: anything else
 * is what a thief could present.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Confirmation } from '../../../domain/confirmation.ts'
import { ManagementError, OAuthError } from '../../../domain/errors.ts'
import { type SpentProof, spentProofNouns } from '../../../domain/spent-proof.ts'
import { AlreadyExistsError, GoneError } from '../../../domain/storage.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import { thumbprintOf } from '../../../keys/certificate/certificate-facts.ts'
import { type ProvePossession, proofWasSpent } from '../../../token/proof-of-possession/prove-possession.ts'
import { noSuchHost, targetOf } from '../../pick-tenant.ts'
import { type PresentedToken, refusePossession, refuseToken } from './presented-token.ts'

export interface ConfirmPossessionDeps {
  readonly provePossession: ProvePossession
  readonly issueDpopNonce: (tenantId: TenantId) => string
  /**
   * Resolves when it is on disk.
   * @throws AlreadyExistsError when it was spent before.
   */
  readonly spendProof: (proof: SpentProof) => Promise<void>
}

/** Writes down that the proof was used, if there was one. @throws ManagementError when another request was faster. */
export type SpendProof = () => Promise<void>

/**
 * Writes nothing yet: the returned function is called before the request is carried out, and after everything that
 * could refuse it, so that a refusal costs no commit.
 * @throws ManagementError; the challenge is in the reply then.
 */
export type ConfirmPossession = (
  request: FastifyRequest,
  reply: FastifyReply,
  presented: PresentedToken,
  confirmation: Confirmation | undefined,
) => Promise<SpendProof>

export function createConfirmPossession(deps: ConfirmPossessionDeps): ConfirmPossession {
  return async function confirmPossession(request, reply, presented, confirmation) {
    if (confirmation?.kind !== 'dpop') {
      const holds = confirmation === undefined || isShown(request, confirmation.x5tS256)
      if (!holds || presented.scheme !== 'Bearer') throw refuseToken(request, reply, 'Invalid token')
      return async () => undefined
    }
    offerNonce(deps, request, reply)
    if (presented.scheme !== 'DPoP') throw refusePossession(request, reply, unproven)
    const inWords = <Value>(proving: Promise<Value>) =>
      proving.catch((error: unknown) => {
        if (!(error instanceof OAuthError)) throw error
        if (error.code === 'use_dpop_nonce')
          reply.header('dpop-nonce', deps.issueDpopNonce(request.tenant.id))
        throw refusePossession(request, reply, error)
      })
    const proof = await inWords(prove(deps, request, presented.token, confirmation.jkt))
    return () => inWords(spend(deps, proof))
  }
}

/** RFC 8705 §3: a token that is bound to a certificate counts only on a connection that shows it. */
function isShown({ clientCertificate: shown }: FastifyRequest, x5tS256: string): boolean {
  return shown !== undefined && thumbprintOf(shown.leaf.raw) === x5tS256
}

const unproven = {
  code: 'invalid_token',
  message: 'This token is bound to a key: present it as DPoP, with a proof (RFC 9449).',
}

/** RFC 9449 §8.2: each answer brings the nonce for the next request. */
function offerNonce(deps: ConfirmPossessionDeps, { tenant }: FastifyRequest, reply: FastifyReply): void {
  if (tenant.security.requiresDpopNonce) reply.header('dpop-nonce', deps.issueDpopNonce(tenant.id))
}

/** @throws OAuthError */
async function prove(
  { provePossession }: ConfirmPossessionDeps,
  request: FastifyRequest,
  accessToken: string,
  jkt: string,
): Promise<SpentProof> {
  const { tenant, method, issuer, raw } = request
  // With the public name of the server (RFC 9449 §4.3), whatever host the request names.
  const uri = `${issuer.origin}${targetOf(request)}`
  const proven = await provePossession(tenant, raw.headersDistinct.dpop ?? [], {
    method,
    uri,
    accessToken,
  })
  if (proven.jkt === jkt) return proven.spentProof
  throw new OAuthError('invalid_dpop_proof', 'The DPoP proof is not signed with the key of this token.')
}

/** @throws OAuthError for a copy that arrived at the same time. */
async function spend({ spendProof }: ConfirmPossessionDeps, proof: SpentProof): Promise<void> {
  try {
    await spendProof(proof)
  } catch (error) {
    if (error instanceof AlreadyExistsError && error.noun === spentProofNouns.dpop_proof)
      throw proofWasSpent()
    if (error instanceof GoneError) throw new ManagementError('not_found', noSuchHost, { cause: error })
    throw error
  }
}
