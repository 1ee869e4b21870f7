/**
 * Which client a token of another issuer stands for, step by step. The token endpoint stops at the first step that
 * fails; an operator who asks for an explanation sees all of them. Both go through this one function, so that an
 * explanation can never differ from what would happen.
 */
import type { Client, ClientStore } from '../../domain/client.ts'
import type { Issuer } from '../../domain/issuer.ts'
import type { SpentProof, SpentProofStore } from '../../domain/spent-proof.ts'
import type { Tenant } from '../../domain/tenant.ts'
import { isTrustDomain, type TrustedIssuer, trustDomainOf } from '../../domain/trusted-issuer.ts'
import { isSignedByIssuer } from '../../keys/public-key/issuer-key.ts'
import type { IssuerKeys } from '../../keys/public-key/issuer-keys.ts'
import { whyNotProven } from '../client-authentication/registered-method.ts'
import { shownText } from '../shown-text.ts'
import {
  audienceFault,
  expiryOf,
  type ForeignToken,
  jtiFault,
  parseForeignToken,
  spendingId,
  timeFault,
  UnreadableTokenError,
} from './foreign-token.ts'
import { failing, judged, type PresentedToken, passed, type TrustStep } from './trust-step.ts'
import { clientOf, type TrustedClientDeps } from './trusted-client.ts'

/** A client that a token of another issuer proves, and what it used up for that. */
export interface ProvenWorkload {
  readonly client: Client
  readonly trusted: TrustedIssuer
  readonly subject: string
  /** Undefined where tokens may be used until they expire. */
  readonly spentProof: SpentProof | undefined
}

export interface TrustStepsDeps extends TrustedClientDeps {
  readonly clients: Pick<ClientStore, 'find'>
  readonly spentProofs: Pick<SpentProofStore, 'isSpent'>
  readonly issuerKeys: IssuerKeys
  readonly now: () => Date
}

/** Undefined once a step has failed. */
export type TrustSteps = AsyncGenerator<TrustStep, ProvenWorkload | undefined>

/** The cheap checks come first: nobody can make us fetch keys for a token that could not count anyway. */
export async function* trustSteps(deps: TrustStepsDeps, presented: PresentedToken): TrustSteps {
  const { trusted, tenant } = presented
  const token = readToken(presented.jwt)
  if (typeof token === 'string') return yield* failing('token', token)
  yield passed(
    'token',
    `It is signed with ${token.algorithm}${token.kid === undefined ? '' : ` by the key ${shownText(token.kid)}`}.`,
  )
  const issuerFault = whyNotFrom(trusted, token, presented.issuer)
  if (issuerFault !== undefined) return yield* failing('issuer', issuerFault)
  yield passed('issuer', `Its issuer is trusted as ${trusted.name}.`)

  const now = deps.now()
  const accepted = trusted.audiences.length > 0 ? trusted.audiences : [presented.issuer.issuer]
  const claimed = [
    judged('audience', audienceFault(token, accepted), 'It is for this server.'),
    judged('times', timeFault(token, trusted, now), 'It is valid now.'),
    judged('jti', jtiFault(token, trusted), 'Its jti is as it should be.'),
  ]
  yield* claimed
  const signature = await signatureStep(deps, trusted, token)
  yield signature
  // What follows rests on claims, and only the signature makes them the issuer's.
  if (signature.outcome === 'failed') return undefined

  const reuse = await reuseStep(deps, tenant, trusted, token)
  yield reuse.step
  const clientId = yield* clientOf(deps, presented, token)
  if (clientId === undefined) return undefined
  const client = await deps.clients.find(tenant.id, clientId)
  const reason = whyNotProven(client, 'federated_token', undefined)
  const step = judged('client', reason, `It is the client ${client?.name ?? ''}.`)
  yield step
  const all = [...claimed, reuse.step, step]
  if (!client || all.some(({ outcome }) => outcome === 'failed')) return undefined
  return { client, trusted, subject: token.subject, spentProof: reuse.spentProof }
}

function readToken(jwt: string): ForeignToken | string {
  try {
    return parseForeignToken(jwt)
  } catch (error) {
    if (error instanceof UnreadableTokenError) return error.message
    throw error
  }
}

function whyNotFrom(trusted: TrustedIssuer, token: ForeignToken, own: Issuer): string | undefined {
  // Our tokens are for APIs: an API that receives one must not be able to authenticate as its client here.
  if (trusted.issuer === own.issuer) return 'This server does not take its own tokens for a proof.'
  if (isTrustDomain(trusted.issuer)) {
    return trustDomainOf(token.subject) === trusted.issuer
      ? undefined
      : `Its sub is no workload of ${trusted.issuer}.`
  }
  if (token.issuer !== trusted.issuer) return `Its iss is not ${trusted.issuer}.`
  return undefined
}

/** As many keys of one name as are tried, or of any where the token names none. */
const maxKeysTried = 10

async function signatureStep(
  { issuerKeys }: TrustStepsDeps,
  trusted: TrustedIssuer,
  token: ForeignToken,
): Promise<TrustStep> {
  const { algorithm, kid } = token
  if (!trusted.algorithms.includes(algorithm)) {
    return judged('signature', `${algorithm} is not accepted of this issuer.`, '')
  }
  const outcome = await issuerKeys.keysOf(
    trusted,
    (key) => key.algorithms.includes(algorithm) && (kid === undefined || key.kid === kid),
  )
  if (outcome.kind === 'unavailable')
    return judged('signature', `The issuer's keys cannot be had. ${outcome.why}`, '')
  for (const key of outcome.keys.slice(0, maxKeysTried)) {
    if (isSignedByIssuer(token, algorithm, key)) return passed('signature', 'The issuer signed it.')
  }
  const fault =
    outcome.keys.length === 0
      ? `The issuer has no key ${kid === undefined ? '' : `${shownText(kid)} `}for ${algorithm}.`
      : 'Its signature is not of the key that it names.'
  return judged('signature', fault, '')
}

/** Whether it was spent before. Two uses at the same time are found when the exchange is recorded. */
async function reuseStep(
  { spentProofs }: TrustStepsDeps,
  tenant: Tenant,
  { issuer, tokenReuse }: TrustedIssuer,
  token: ForeignToken,
): Promise<{ step: TrustStep; spentProof: SpentProof | undefined }> {
  if (tokenReuse === 'until_expiry') {
    return { step: passed('reuse', 'It may be used until it expires.'), spentProof: undefined }
  }
  const proof = {
    tenantId: tenant.id,
    kind: 'federated_token',
    holder: issuer,
    jti: spendingId(token),
  } as const
  const fault = (await spentProofs.isSpent(proof))
    ? 'It was used before, and is good for one request.'
    : undefined
  return {
    step: judged('reuse', fault, 'It was not used before.'),
    spentProof: { ...proof, expiresAt: expiryOf(token) },
  }
}
