/**
 * What every tenant begins with, whether the first start makes it or an operator: signing keys, its management API, a
 * client that may do everything there, and a token for `wt`.
 */
import type { Client, ClientId } from './domain/client.ts'
import type { ClientGrant } from './domain/client-grant.ts'
import { defaultTokenLifetimeSeconds, type ResourceServer } from './domain/resource-server.ts'
import type { Storage } from './domain/storage.ts'
import { defaultTenantSecurity, type Tenant, type TenantId, type TenantProfile } from './domain/tenant.ts'
import type { Write } from './domain/write.ts'
import { createSecretText, type SecretHashing } from './keys/secret/client-secret.ts'
import {
  newClientGrantId,
  newClientId,
  newClientSecretId,
  newResourceServerId,
  newSecretId,
  newTenantId,
} from './keys/secret/random-id.ts'
import type { SecretText } from './keys/secret/secret-text.ts'
import type { SigningKeyRing } from './keys/signing-key/signing-key-ring.ts'
import { systemParts } from './system-api.ts'

export interface PlanTenantDeps {
  readonly storage: Storage
  readonly hashing: SecretHashing
  readonly ring: Pick<SigningKeyRing, 'createKeys'>
}

/** What is to be committed, and the credentials that nobody can read back afterwards. */
export interface PlannedTenant {
  readonly management: { readonly clientId: ClientId; readonly secret: SecretText }
  readonly webtaskToken: SecretText
  readonly writes: readonly Write[]
}

export async function planTenant(deps: PlanTenantDeps, tenant: Tenant): Promise<PlannedTenant> {
  const { storage } = deps
  const now = tenant.createdAt
  const system: ResourceServer = { ...plainApi(tenant, now), ...systemParts(tenant) }
  const operator = plainClient(
    tenant.id,
    'Tallystick operator',
    'Holds every scope of the management API.',
    now,
  )
  const operatorSecret = createSecretText('client')
  const webtaskToken = createSecretText('webtask')
  const keys = await deps.ring.createKeys(tenant.id)
  return {
    management: { clientId: operator.id, secret: operatorSecret },
    webtaskToken,
    writes: [
      storage.tenants.insert(tenant),
      ...keys.map((key) => storage.signingKeys.insert(key)),
      storage.resourceServers.insert(system),
      ...clientWrites(deps, operator, operatorSecret, now),
      storage.clientGrants.insert(grantOf(operator, system, now)),
      storage.webtaskTokens.insert({
        tenantId: tenant.id,
        id: newSecretId(),
        hash: deps.hashing.hash(webtaskToken),
        createdAt: now,
      }),
    ],
  }
}

export function newTenant(named: Pick<Tenant, 'name' | 'origin' | 'profile'>, now: Date): Tenant {
  return {
    ...named,
    id: newTenantId(),
    egressAllow: [],
    defaultAudience: undefined,
    security: defaultTenantSecurity,
    flags: {},
    keptMembers: {},
    createdAt: now,
  }
}

export function plainApi(
  tenant: { readonly id: TenantId; readonly profile: TenantProfile },
  now: Date,
): Omit<ResourceServer, 'identifier' | 'name' | 'scopes'> {
  return {
    tenantId: tenant.id,
    id: newResourceServerId(),
    tokenLifetimeSeconds: defaultTokenLifetimeSeconds,
    signing: { algorithm: 'RS256' },
    tokenDialect: tenant.profile === 'auth0' ? 'access_token' : 'rfc9068_profile',
    enforcePolicies: undefined,
    clientPolicy: 'require_client_grant',
    ruleScopes: 'any',
    proofOfPossession: undefined,
    tokenFormat: 'jwt',
    tokenEncryption: undefined,
    hasTokenStatusList: false,
    isSystem: false,
    keptMembers: {},
    createdAt: now,
    updatedAt: now,
  }
}

export function plainClient(tenantId: TenantId, name: string, description: string, now: Date): Client {
  return {
    tenantId,
    id: newClientId(),
    name,
    description,
    metadata: {},
    grantTypes: ['client_credentials'],
    tokenEndpointAuthMethod: 'client_secret_post',
    activeCredentialIds: [],
    jwksUri: undefined,
    requiresProofOfPossession: false,
    complianceLevel: 'none',
    tokenLifetimeSeconds: undefined,
    enabled: true,
    keptMembers: {},
    createdAt: now,
    updatedAt: now,
  }
}

export function clientWrites(
  { storage, hashing }: Pick<PlanTenantDeps, 'storage' | 'hashing'>,
  client: Client,
  secret: SecretText,
  now: Date,
): Write[] {
  const { tenantId, id: clientId } = client
  const hash = hashing.hash(secret)
  return [
    storage.clients.insert(client),
    storage.clientSecrets.insert({
      tenantId,
      clientId,
      id: newClientSecretId(),
      name: '',
      hash,
      expiresAt: undefined,
      createdAt: now,
    }),
  ]
}

export function grantOf(client: Client, api: ResourceServer, now: Date): ClientGrant {
  return {
    tenantId: client.tenantId,
    id: newClientGrantId(),
    clientId: client.id,
    resourceServerId: api.id,
    scopes: api.scopes.map((scope) => scope.value),
    allScopes: false,
    organizationUsage: undefined,
    allowAnyOrganization: undefined,
    createdAt: now,
    updatedAt: now,
  }
}
