/**
 * The management API in one table: each operation with its method, its path under `/api/v2`, the scopes of which a
 * token must hold one, and what goes in and comes out. Each noun has a file with its shapes and operations; here the
 * operations come together. The server registers its routes from this table, tests are generated from it, and nothing
 * else says which operation needs which scope.
 */
import { actionBindingOperations } from './contract/action-bindings.ts'
import { actionRunOperations } from './contract/action-runs.ts'
import { actionOperations } from './contract/actions.ts'
import { clientCredentialOperations } from './contract/client-credentials.ts'
import { clientGrantOperations } from './contract/client-grants.ts'
import { clientSecretOperations } from './contract/client-secrets.ts'
import { clientOperations } from './contract/clients.ts'
import { hookOperations } from './contract/hooks.ts'
import { logStreamOperations } from './contract/log-streams.ts'
import { logTailOperations } from './contract/log-tail.ts'
import { logOperations } from './contract/logs.ts'
import type { Operation } from './contract/operation.ts'
import { pipelineOperations } from './contract/pipeline.ts'
import { resourceServerOperations } from './contract/resource-servers.ts'
import { revocationOperations } from './contract/revocations.ts'
import { signingKeyOperations } from './contract/signing-keys.ts'
import { statsOperations } from './contract/stats.ts'
import { tenantSettingsOperations } from './contract/tenant-settings.ts'
import { tenantOperations } from './contract/tenants.ts'
import { trustedIssuerOperations } from './contract/trusted-issuers.ts'
import { warningOperations } from './contract/warnings.ts'

export const operations = {
  ...clientOperations,
  ...clientSecretOperations,
  ...clientCredentialOperations,
  ...resourceServerOperations,
  ...clientGrantOperations,
  ...pipelineOperations,
  ...hookOperations,
  ...actionOperations,
  ...actionRunOperations,
  ...actionBindingOperations,
  ...logOperations,
  ...logTailOperations,
  ...logStreamOperations,
  ...statsOperations,
  ...signingKeyOperations,
  ...revocationOperations,
  ...tenantSettingsOperations,
  ...tenantOperations,
  ...trustedIssuerOperations,
  ...warningOperations,
}

export type OperationName = keyof typeof operations

export const operationNames = Object.keys(operations) as OperationName[]

/** Every scope of the management API, sorted: what its resource server offers. */
export const managementScopes: readonly string[] = [
  ...new Set(Object.values<Operation>(operations).flatMap((operation) => operation.scopes)),
].sort()
