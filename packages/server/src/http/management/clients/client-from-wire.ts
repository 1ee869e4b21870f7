/** What a body asks a client to be. How it authenticates is settled in `client-authentication.ts`. */
import type { ClientChange, ClientToCreate } from '@tallystick/management-api/contract/clients'
import { keptClientMemberNames } from '@tallystick/management-api/contract/kept-client-members'
import { type Client, type ClientId, maxMetadataMembers } from '../../../domain/client.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { keptMembers } from '../operation/kept-members.ts'
import type { Authentication } from './client-authentication.ts'

interface Made {
  readonly tenantId: TenantId
  readonly id: ClientId
  readonly authentication: Authentication
  readonly now: Date
}

/** @throws ManagementError `invalid_body` */
export function clientToCreate(body: ClientToCreate, { tenantId, id, authentication, now }: Made): Client {
  return {
    tenantId,
    id,
    name: body.name,
    description: body.description ?? '',
    metadata: body.client_metadata ?? {},
    grantTypes: body.grant_types ?? ['client_credentials'],
    ...authentication,
    requiresProofOfPossession: body.require_proof_of_possession ?? false,
    complianceLevel: body.compliance_level ?? 'none',
    tokenLifetimeSeconds: body.token_lifetime ?? undefined,
    enabled: body.enabled ?? true,
    keptMembers: keptMembers(keptClientMemberNames, {}, body),
    createdAt: now,
    updatedAt: now,
  }
}

/** @throws ManagementError `invalid_body` */
export function changedClient(
  stored: Client,
  body: ClientChange,
  { authentication, now }: Pick<Made, 'authentication' | 'now'>,
): Client {
  return {
    ...stored,
    name: body.name ?? stored.name,
    description: body.description ?? stored.description,
    metadata: mergedMetadata(stored.metadata, body.client_metadata),
    grantTypes: body.grant_types ?? stored.grantTypes,
    ...authentication,
    // Null removes it.
    tokenLifetimeSeconds:
      body.token_lifetime === undefined ? stored.tokenLifetimeSeconds : (body.token_lifetime ?? undefined),
    complianceLevel:
      body.compliance_level === undefined ? stored.complianceLevel : (body.compliance_level ?? 'none'),
    requiresProofOfPossession:
      body.require_proof_of_possession === undefined
        ? stored.requiresProofOfPossession
        : (body.require_proof_of_possession ?? false),
    enabled: body.enabled ?? stored.enabled,
    keptMembers: keptMembers(keptClientMemberNames, stored.keptMembers, body),
    updatedAt: now,
  }
}

function mergedMetadata(
  stored: Client['metadata'],
  change: ClientChange['client_metadata'],
): Client['metadata'] {
  if (change === undefined) return stored
  const sent = Object.entries(change)
  if (sent.length === 0) return {}
  const members = new Map(Object.entries(stored))
  for (const [name, value] of sent) {
    if (value === null) members.delete(name)
    else members.set(name, value)
  }
  if (members.size > maxMetadataMembers) {
    throw invalidBody(
      'client_metadata',
      `Too many members: ${members.size}; at most ${maxMetadataMembers} are kept`,
    )
  }
  return Object.fromEntries(members)
}
