/**
 * What an empty database is given: the default tenant with all that a tenant begins with. With the starter, also
 * something to see the product at work with. All of it is one transaction: a start that is cut short leaves the
 * database empty.
 */
import type { Bootstrap } from './bootstrap-file.ts'
import type { Client } from './domain/client.ts'
import type { ResourceServer } from './domain/resource-server.ts'
import { parseTenantName, type Tenant, type TenantProfile } from './domain/tenant.ts'
import type { Write } from './domain/write.ts'
import { createSecretText } from './keys/secret/client-secret.ts'
import { masterKeyFingerprint } from './keys/secret/master-key.ts'
import type { MasterKey } from './keys/secret/subkey.ts'
import {
  clientWrites,
  grantOf,
  newTenant,
  type PlanTenantDeps,
  plainApi,
  plainClient,
  planTenant,
} from './plan-tenant.ts'
import type { PublishRule } from './rules/publish-rule.ts'
import { starterApi, starterClient, starterRule } from './starter.ts'

export interface FirstStartDeps extends PlanTenantDeps {
  readonly masterKey: MasterKey
  readonly publishRule: PublishRule
  readonly starter: boolean
  readonly profile: TenantProfile
  readonly now: () => Date
}

/** What is to be committed, and the credentials that nobody can read back afterwards. */
export interface FirstStart {
  readonly tenant: Tenant
  readonly bootstrap: Bootstrap
  readonly writes: readonly Write[]
}

export async function planFirstStart(deps: FirstStartDeps): Promise<FirstStart> {
  const now = deps.now()
  const named = { name: parseTenantName('demo'), origin: undefined, profile: deps.profile }
  const tenant = newTenant(named, now)
  // Keys are made beside: they take longest.
  const [{ management, webtaskToken, writes }, starter] = await Promise.all([
    planTenant(deps, tenant),
    deps.starter ? planStarter(deps, tenant, now) : undefined,
  ])
  const fingerprint = masterKeyFingerprint(deps.masterKey)
  return {
    tenant,
    bootstrap: { tenant: tenant.name, management, webtaskToken, starter: starter?.bootstrap },
    writes: [
      deps.storage.installation.insert({ masterKeyFingerprint: fingerprint, createdAt: now }),
      ...writes,
      ...(starter?.writes ?? []),
    ],
  }
}

async function planStarter(deps: FirstStartDeps, tenant: Tenant, now: Date) {
  const api: ResourceServer = { ...plainApi(tenant, now), ...starterApi }
  const client: Client = {
    ...plainClient(tenant.id, starterClient.name, starterClient.description, now),
    metadata: starterClient.metadata,
  }
  const secret = createSecretText('client')
  const published = await deps.publishRule(tenant.id, starterRule)
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
