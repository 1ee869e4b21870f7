/** What an operator sends as a resource server → the domain. */
import {
  keptResourceServerMembers,
  type ResourceServerChange,
  type ResourceServerToCreate,
} from '@tallystick/management-api/contract/resource-servers'
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import {
  type Audience,
  defaultTokenLifetimeSeconds,
  parseAudience,
  parseScope,
  type ResourceServer,
  type ResourceServerId,
  type ResourceServerScope,
} from '../../../domain/resource-server.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { type KeptMembers, keptMembers } from '../operation/kept-members.ts'
import { tokenEncryptionOf } from './token-encryption-from-wire.ts'

/** Everything but what its tokens are signed with: no keys are made for what is refused. */
export type UnsignedResourceServer = Omit<ResourceServer, 'signing'>

export function resourceServerToCreate(
  { tenant, issuer }: FastifyRequest,
  id: ResourceServerId,
  body: ResourceServerToCreate,
  now: Date,
): UnsignedResourceServer {
  const identifier = identifierOf(body)
  // Tokens for this audience open the management API: no second API may answer to it.
  if (identifier === issuer.managementAudience) throw identifierTaken()
  return {
    tenantId: tenant.id,
    id,
    identifier,
    name: body.name ?? identifier.slice(0, 200),
    scopes: scopesOf(body.scopes ?? []),
    tokenLifetimeSeconds: body.token_lifetime ?? defaultTokenLifetimeSeconds,
    tokenDialect: body.token_dialect ?? (tenant.profile === 'auth0' ? 'access_token' : 'rfc9068_profile'),
    enforcePolicies: body.enforce_policies,
    clientPolicy: body.subject_type_authorization?.client?.policy ?? 'require_client_grant',
    proofOfPossession: proofOfPossessionFrom(undefined, body),
    tokenFormat: body.token_format ?? 'jwt',
    tokenEncryption: tokenEncryptionOf(body.token_encryption),
    hasTokenStatusList: body.token_status_list ?? false,
    ruleScopes: body.rule_scopes ?? 'any',
    isSystem: false,
    keptMembers: keptOf({}, body),
    createdAt: now,
    updatedAt: now,
  }
}

export function identifierTaken(): ManagementError {
  return new ManagementError('conflict', 'There is already a resource server with this identifier.')
}

export function changedResourceServer(
  stored: ResourceServer,
  body: ResourceServerChange,
  now: Date,
): UnsignedResourceServer {
  return {
    ...stored,
    name: body.name ?? stored.name,
    scopes: body.scopes ? scopesOf(body.scopes) : stored.scopes,
    tokenLifetimeSeconds: body.token_lifetime ?? stored.tokenLifetimeSeconds,
    tokenDialect: body.token_dialect ?? stored.tokenDialect,
    enforcePolicies: body.enforce_policies ?? stored.enforcePolicies,
    clientPolicy: body.subject_type_authorization?.client?.policy ?? stored.clientPolicy,
    ruleScopes: body.rule_scopes ?? stored.ruleScopes,
    tokenEncryption:
      body.token_encryption === undefined ? stored.tokenEncryption : tokenEncryptionOf(body.token_encryption),
    proofOfPossession: proofOfPossessionFrom(stored.proofOfPossession, body),
    tokenFormat: body.token_format ?? stored.tokenFormat,
    hasTokenStatusList: body.token_status_list ?? stored.hasTokenStatusList,
    keptMembers: keptOf(stored.keptMembers, body),
    updatedAt: now,
  }
}

// In `subject_type_authorization`, the part about users has no meaning here and is kept; the part about clients
// counts.
function keptOf(
  stored: KeptMembers,
  { subject_type_authorization, ...body }: ResourceServerChange,
): KeptMembers {
  const user = subject_type_authorization?.user
  const authorization = user && { subject_type_authorization: { user } }
  return keptMembers(keptResourceServerMembers, stored, { ...body, ...authorization })
}

/** Null: tokens are bound to nothing, unless their client asks for it. */
function proofOfPossessionFrom(
  stored: ResourceServer['proofOfPossession'],
  { proof_of_possession: sent }: Pick<ResourceServerChange, 'proof_of_possession'>,
): ResourceServer['proofOfPossession'] {
  if (sent === undefined) return stored
  if (sent === null) return undefined
  const { mechanism, required, required_for: requiredFor } = sent
  return { mechanism, required, requiredFor }
}

function identifierOf(body: ResourceServerToCreate): Audience {
  const identifier = parseAudience(body.identifier)
  if (identifier) return identifier
  throw invalidBody('identifier', 'It must not begin or end with a space or hold control characters')
}

function scopesOf(scopes: readonly { value: string; description?: string }[]): ResourceServerScope[] {
  const seen = new Set<string>()
  return scopes.map(({ value, description }) => {
    const scope = parseScope(value)
    if (!scope || seen.has(value)) {
      throw invalidBody('scopes', `Each scope stands once; this one does not: ${value}`)
    }
    seen.add(value)
    return { value: scope, description: description ?? '' }
  })
}
