/**
 * Who is the operator behind this request, and may they do what they ask? They bring a token of this tenant's issuer
 * for this tenant's management audience, and hold the key where it is bound to one. A token only says what its client
 * was granted when it was issued, so the client must still exist, be enabled and have a grant for this API, and only
 * those of the token's scopes count that the grant still has: taking access away works at once.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ClientId, type ClientStore, mayGetTokens, parseClientId } from '../../../domain/client.ts'
import { type ClientGrantStore, grantedScopes } from '../../../domain/client-grant.ts'
import { ManagementError } from '../../../domain/errors.ts'
import type { ResourceServerStore } from '../../../domain/resource-server.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import type { TokenFault } from '../../../keys/issued-token/verify-token.ts'
import type { IsRevoked, TokenInQuestion } from '../../../token/presented-token/is-revoked.ts'
import type {
  ManagementTokenClaims,
  VerifyManagementToken,
} from '../../../token/presented-token/management-token.ts'
import { type ConfirmPossessionDeps, createConfirmPossession } from './confirm-possession.ts'
import { presentedToken, refuseToken, schemeOf } from './presented-token.ts'

export interface Operator {
  readonly clientId: ClientId
  readonly clientName: string
  readonly scopes: ReadonlySet<string>
  /** The token they came with; it may be revoked while they still follow a stream that it opened. */
  readonly token: TokenInQuestion
  readonly tokenExpiresAt: Date
}

export interface AccessDeps extends ConfirmPossessionDeps {
  readonly clients: Pick<ClientStore, 'find'>
  readonly resourceServers: Pick<ResourceServerStore, 'findSystem'>
  readonly clientGrants: Pick<ClientGrantStore, 'findFor'>
  /** A fault unless the token was issued by this tenant for this audience and is valid now. */
  readonly verifyToken: VerifyManagementToken
  /** Whether the token was revoked before its time. */
  readonly isRevoked: IsRevoked
  /** @throws ManagementError `too_many_requests` when this client has had its share. */
  readonly takeTurn: (request: FastifyRequest, reply: FastifyReply, clientId: ClientId) => void
}

/** @throws ManagementError from the function; the challenge (RFC 6750 §3) is in the reply then. */
export type ProveOperator = (request: FastifyRequest, reply: FastifyReply) => Promise<Operator>

/** Whether an operator, proven before, could still do what one of these scopes allows. */
export type IsStillGranted = (
  tenantId: TenantId,
  operator: Operator,
  scopes: readonly string[],
) => Promise<boolean>

export interface Access {
  readonly proveOperator: ProveOperator
  readonly isStillGranted: IsStillGranted
}

export function createAccess(deps: AccessDeps): Access {
  const confirmPossession = createConfirmPossession(deps)

  async function proveOperator(request: FastifyRequest, reply: FastifyReply): Promise<Operator> {
    const presented = presentedToken(request, reply)
    const { issuer, managementAudience: audience } = request.issuer
    const claims = await deps.verifyToken(request.tenant.id, presented.token, { issuer, audience })
    if ('kind' in claims) throw refuseToken(request, reply, faultInWords(claims))
    const spendProof = await confirmPossession(request, reply, presented, claims.confirmation)
    const present = await presentAccess(deps, request.tenant.id, claims)
    if (!present) throw refuseToken(request, reply, faultInWords({ kind: 'invalid' }))
    const token = tokenOf(request.tenant.id, present.clientId, claims)
    if (await deps.isRevoked(token)) throw refuseToken(request, reply, faultInWords({ kind: 'invalid' }))
    // Before the proof is written to disk; otherwise one token could keep the disk busy beyond every rate limit.
    deps.takeTurn(request, reply, present.clientId)
    await spendProof()
    return { ...present, token, tokenExpiresAt: claims.expiresAt }
  }

  return {
    proveOperator,
    async isStillGranted(tenantId, { clientId, scopes: known, token }, scopes) {
      if (await deps.isRevoked(token)) return false
      const present = await presentAccess(deps, tenantId, { clientId, scope: [...known].join(' ') })
      return scopes.some((scope) => present?.scopes.has(scope))
    },
  }
}

function tokenOf(
  tenantId: TenantId,
  clientId: ClientId,
  { jti, issuedAtSeconds }: ManagementTokenClaims,
): TokenInQuestion {
  return { tenantId, clientId, jti, issuedAtSeconds, isForManagement: true }
}

/** The words that tools of Auth0's API know. */
function faultInWords(fault: TokenFault): string {
  switch (fault.kind) {
    case 'expired':
      return 'Expired token received for JSON Web Token validation'
    case 'audience':
      return `Bad audience: ${fault.audience.slice(0, maxShownAudience)}`
    case 'invalid':
      return 'Invalid token'
  }
}

/** Characters. */
const maxShownAudience = 600

/** What the token's client may do now; undefined when it could no longer get a token. */
async function presentAccess(
  { clients, resourceServers, clientGrants }: AccessDeps,
  tenantId: TenantId,
  claims: Pick<ManagementTokenClaims, 'clientId' | 'scope'>,
): Promise<Omit<Operator, 'token' | 'tokenExpiresAt'> | undefined> {
  const clientId = parseClientId(claims.clientId)
  const client = clientId && (await clients.find(tenantId, clientId))
  if (!client || !mayGetTokens(client)) return undefined
  const system = await resourceServers.findSystem(tenantId)
  const grant = system && (await clientGrants.findFor(tenantId, client.id, system.id))
  if (!grant) return undefined
  const inToken = new Set(claims.scope.split(' '))
  return {
    clientId: client.id,
    clientName: client.name,
    scopes: new Set(grantedScopes(grant, system).filter((scope) => inToken.has(scope))),
  }
}

/** What an operation asks of its operator. */
export interface NeededScopes {
  readonly scopes: readonly string[]
  /** All of them, instead of one. */
  readonly allScopes?: true
}

/** @throws ManagementError `insufficient_scope` unless the operator holds one of the scopes, or all where all are needed. */
export function requireScope(operator: Operator, needed: NeededScopes, reply: FastifyReply): void {
  const isHeld = (scope: string) => operator.scopes.has(scope)
  const { scopes, allScopes } = needed
  if (!(allScopes ? scopes.every(isHeld) : scopes.some(isHeld))) throw refuseScope(reply, needed)
}

/** The refusal for want of these scopes, with its challenge (RFC 6750 §3.1). */
export function refuseScope(reply: FastifyReply, { scopes, allScopes }: NeededScopes): ManagementError {
  reply.header(
    'www-authenticate',
    `${schemeOf(reply.request)} error="insufficient_scope", scope="${scopes.join(' ')}"`,
  )
  const expected = allScopes ? 'expected all of' : 'expected any of'
  return new ManagementError('insufficient_scope', `Insufficient scope, ${expected}: ${scopes.join(',')}`)
}
