/**
 * What an empty database is given: the default tenant with its management API, a client that may do everything
 * there, a token for `wt`, and signing keys. With the starter, also something to see the product at work with.
 * All of it is one transaction: a start that is cut short leaves the database empty.
 */
import type { Bootstrap } from './bootstrap-file.ts'
import type { Client } from './domain/client.ts'
import type { ClientGrant } from './domain/client-grant.ts'
import { defaultTokenLifetimeSeconds, type ResourceServer } from './domain/resource-server.ts'
import type { Storage } from './domain/storage.ts'
import { parseTenantName, type Tenant, type TenantId } from './domain/tenant.ts'
import type { Write } from './domain/write.ts'
import { createSecretText, type SecretHashing } from './keys/client-secret.ts'
import { masterKeyFingerprint } from './keys/master-key.ts'
import {
  newClientGrantId,
  newClientId,
  newResourceServerId,
  newSecretId,
  newTenantId,
} from './keys/random-id.ts'
import type { SecretText } from './keys/secret-text.ts'
import type { SigningKeyRing } from './keys/signing-key-ring.ts'
import type { MasterKey } from './keys/subkey.ts'
import type { PublishRule } from './rules/publish-rule.ts'
import { starterApi, starterClient, starterRule } from './starter.ts'
import { systemParts } from './system-api.ts'

export interface FirstStartDeps {
  readonly storage: Storage
  readonly masterKey: MasterKey
  readonly hashing: SecretHashing
  readonly ring: Pick<SigningKeyRing, 'createKeys'>
  readonly publishRule: PublishRule
  readonly starter: boolean
  readonly now: () => Date
}

/** What is to be committed, and the credentials that nobody can read back afterwards. */
export interface FirstStart {
  readonly tenant: Tenant
  readonly bootstrap: Bootstrap
  readonly writes: readonly Write[]
}

export async function planFirstStart(deps: FirstStartDeps): Promise<FirstStart> {
  const { storage } = deps
  const now = deps.now()
  const tenant = defaultTenant(now)
  const system: ResourceServer = { ...plainApi(tenant.id, now), ...systemParts() }
  const operator = plainClient(
    tenant.id,
    'Tallystick operator',
    'Holds every scope of the management API.',
    now,
  )
  const operatorSecret = createSecretText('client')
  const webtaskToken = createSecretText('webtask')
  const [keys, starter] = await Promise.all([
    deps.ring.createKeys(tenant.id),
    deps.starter ? planStarter(deps, tenant.id, now) : undefined,
  ])
  return {
    tenant,
    bootstrap: {
      tenant: tenant.name,
      management: { clientId: operator.id, secret: operatorSecret },
      webtaskToken,
      starter: starter?.bootstrap,
    },
    writes: [
      storage.installation.insert({
        masterKeyFingerprint: masterKeyFingerprint(deps.masterKey),
        createdAt: now,
      }),
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
      ...(starter?.writes ?? []),
    ],
  }
}

async function planStarter(deps: FirstStartDeps, tenantId: TenantId, now: Date) {
  const api: ResourceServer = { ...plainApi(tenantId, now), ...starterApi }
  const client: Client = {
    ...plainClient(tenantId, starterClient.name, starterClient.description, now),
    metadata: starterClient.metadata,
  }
  const secret = createSecretText('client')
  const published = await deps.publishRule(tenantId, starterRule)
  return {
    bootstrap: { audience: api.identifier, clientId: client.id, secret, rule: starterRule.name },
    writes: [
      deps.storage.resourceServers.insert(api),
      ...clientWrites(deps, client, secret, now),
      deps.storage.clientGrants.insert(grantOf(client, api, now)),
      ...published.writes,
    ],
  }
}

function defaultTenant(now: Date): Tenant {
  return {
    id: newTenantId(),
    name: parseTenantName('demo'),
    origin: undefined,
    profile: 'rfc',
    egressAllow: [],
    createdAt: now,
  }
}

function plainApi(tenantId: TenantId, now: Date): Omit<ResourceServer, 'identifier' | 'name' | 'scopes'> {
  return {
    tenantId,
    id: newResourceServerId(),
    tokenLifetimeSeconds: defaultTokenLifetimeSeconds,
    signingAlgorithm: 'RS256',
    tokenDialect: 'rfc9068_profile',
    ruleScopes: 'any',
    isSystem: false,
    keptMembers: {},
    createdAt: now,
    updatedAt: now,
  }
}

function plainClient(tenantId: TenantId, name: string, description: string, now: Date): Client {
  return {
    tenantId,
    id: newClientId(),
    name,
    description,
    metadata: {},
    grantTypes: ['client_credentials'],
    tokenEndpointAuthMethod: 'client_secret_post',
    enabled: true,
    keptMembers: {},
    createdAt: now,
    updatedAt: now,
  }
}

function clientWrites(
  { storage, hashing }: FirstStartDeps,
  client: Client,
  secret: SecretText,
  now: Date,
): Write[] {
  const { tenantId, id: clientId } = client
  const hash = hashing.hash(secret)
  return [
    storage.clients.insert(client),
    storage.clients.insertSecret({ tenantId, clientId, id: newSecretId(), hash, createdAt: now }),
  ]
}

function grantOf(client: Client, api: ResourceServer, now: Date): ClientGrant {
  return {
    tenantId: client.tenantId,
    id: newClientGrantId(),
    clientId: client.id,
    resourceServerId: api.id,
    scopes: api.scopes.map((scope) => scope.value),
    createdAt: now,
    updatedAt: now,
  }
}
