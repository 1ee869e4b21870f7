/**
 * The management API under `/api/v2`: the contract's table of operations, each bound to its handler here. That table
 * says what each one accepts and returns, and which scope it needs.
 */
import { operationNames, operations } from '@tallystick/management-api/contract'
import type { FastifyInstance } from 'fastify'
import type { Changes } from '../../domain/changes.ts'
import type { ClientStore } from '../../domain/client.ts'
import type { ClientCredentialStore } from '../../domain/client-credential.ts'
import type { ClientGrantStore } from '../../domain/client-grant.ts'
import type { ClientSecretStore } from '../../domain/client-secret.ts'
import { ManagementError } from '../../domain/errors.ts'
import type { IdempotentAnswerStore } from '../../domain/idempotent-answer.ts'
import type { LogEntryStore } from '../../domain/log-entry.ts'
import type { ResourceServerStore } from '../../domain/resource-server.ts'
import type { RuleStore } from '../../domain/rule.ts'
import type { TenantStore } from '../../domain/tenant.ts'
import type { Encryption } from '../../keys/secret/encryption.ts'
import type { SecretText } from '../../keys/secret/secret-text.ts'
import type { Tail } from '../../logs/tail.ts'
import type { PublishRule } from '../../rules/publish-rule.ts'
import { neverStore } from '../never-store.ts'
import { createRateLimiter, type RateLimit } from '../rate-limit.ts'
import { createRecordChange, type RecordChangeDeps, recordRefusedChanges } from '../record-change.ts'
import { createTurns } from '../turns.ts'
import { type AccessDeps, createAccess, type IsStillGranted } from './access/access.ts'
import { createKeepOneAdministrator } from './access/last-administrator.ts'
import { type ActionBindingHandlerDeps, createActionBindingHandlers } from './actions/action-bindings.ts'
import { createActionExecutionHandlers } from './actions/action-executions.ts'
import { type ActionVersionHandlerDeps, createActionVersionHandlers } from './actions/action-versions.ts'
import { type ActionHandlerDeps, createActionHandlers } from './actions/actions.ts'
import { type ClientGrantHandlerDeps, createClientGrantHandlers } from './client-grants/client-grants.ts'
import { createClientCredentialHandlers } from './clients/client-credentials.ts'
import { createClientSecretHandlers } from './clients/client-secrets.ts'
import { type ClientHandlerDeps, createClientHandlers } from './clients/clients.ts'
import { createRotateClientSecret } from './clients/rotate-client-secret.ts'
import { createHookSecretHandlers } from './hooks/hook-secrets.ts'
import { createHookHandlers } from './hooks/hooks.ts'
import { createLogStreamHandlers, type LogStreamHandlerDeps } from './log-streams/log-streams.ts'
import { createLogTailHandlers } from './logs/log-tail.ts'
import { createLogHandlers } from './logs/logs.ts'
import { bindOperation } from './operation/bind-operation.ts'
import type { Handlers } from './operation/handler.ts'
import { createAnswerOnce } from './operation/idempotency.ts'
import { refuseWhatIsNotOffered } from './operation/not-offered.ts'
import { readJson } from './operation/read-json.ts'
import { createPipelineHandlers } from './pipeline/pipeline.ts'
import {
  createResourceServerHandlers,
  type ResourceServerHandlerDeps,
} from './resource-servers/resource-servers.ts'
import { createRevocationHandlers, type RevocationHandlerDeps } from './revocations.ts'
import { createSigningKeyHandlers, type SigningKeyHandlerDeps } from './signing-keys/signing-keys.ts'
import { createStatsHandlers, type StatsHandlerDeps } from './stats.ts'
import { createTenantSettingsHandlers } from './tenants/tenant-settings.ts'
import { createTenantHandlers, type TenantHandlerDeps } from './tenants/tenants.ts'
import {
  createTrustedIssuerHandlers,
  type TrustedIssuerHandlerDeps,
} from './trusted-issuers/trusted-issuers.ts'
import { createWarningHandlers, type WarningHandlerDeps } from './warnings/warnings.ts'

export interface ManagementDeps extends RecordChangeDeps {
  readonly tenants: Pick<TenantStore, 'find' | 'update'> & TenantHandlerDeps['tenants']
  readonly planTenant: TenantHandlerDeps['planTenant']
  readonly finishRemovals: TenantHandlerDeps['finishRemovals']
  readonly clients: ClientStore
  readonly clientSecrets: ClientSecretStore
  readonly clientCredentials: ClientCredentialStore
  readonly resourceServers: ResourceServerStore
  readonly clientGrants: ClientGrantStore
  readonly signingKeys: ResourceServerHandlerDeps['signingKeys'] & SigningKeyHandlerDeps['signingKeys']
  readonly ring: ResourceServerHandlerDeps['ring']
  readonly keyRotation: SigningKeyHandlerDeps['keyRotation']
  readonly keyRevocation: SigningKeyHandlerDeps['keyRevocation']
  readonly apiSecrets: ResourceServerHandlerDeps['apiSecrets']
  readonly createApiSecret: ResourceServerHandlerDeps['createApiSecret']
  readonly rules: RuleStore
  readonly logEntries: LogEntryStore
  readonly logStreams: LogStreamHandlerDeps['logStreams']
  readonly streamSecrets: LogStreamHandlerDeps['streamSecrets']
  readonly createStreamSecret: LogStreamHandlerDeps['createStreamSecret']
  readonly whyNotEndpoint: LogStreamHandlerDeps['whyNotEndpoint']
  readonly whyNotFetched: ClientHandlerDeps['whyNotFetched']
  readonly takesCertificates: ClientHandlerDeps['takesCertificates']
  readonly endOfCredential: WarningHandlerDeps['endOfCredential']
  readonly clientKeySets: WarningHandlerDeps['clientKeySets']
  readonly issuerKeys: WarningHandlerDeps['issuerKeys']
  readonly trustedIssuers: TrustedIssuerHandlerDeps['trustedIssuers']
  readonly checkTrustRule: TrustedIssuerHandlerDeps['checkTrustRule']
  readonly explainToken: TrustedIssuerHandlerDeps['explainToken']
  readonly tokenCounts: StatsHandlerDeps['tokenCounts']
  readonly idempotentAnswers: IdempotentAnswerStore
  readonly changes: Changes
  readonly encryption: Encryption
  /** Of one client. */
  readonly rateLimit: RateLimit
  readonly tail: Tail
  /** How often followers of the log hear from us, and have their access checked again. */
  readonly heartbeatMs?: number
  readonly publishRule: PublishRule
  readonly publishDraft: ActionHandlerDeps['publishDraft']
  readonly tryDraft: ActionVersionHandlerDeps['tryDraft']
  readonly verifyToken: AccessDeps['verifyToken']
  readonly provePossession: AccessDeps['provePossession']
  readonly issueDpopNonce: AccessDeps['issueDpopNonce']
  readonly spendProof: AccessDeps['spendProof']
  readonly isRevoked: AccessDeps['isRevoked']
  readonly revocations: RevocationHandlerDeps['revocations']
  readonly findToken: RevocationHandlerDeps['findToken']
  readonly createClientSecret: () => SecretText
  readonly hashSecret: (secret: SecretText) => Uint8Array
  readonly newId: ClientHandlerDeps['newId'] &
    ResourceServerHandlerDeps['newId'] &
    ClientGrantHandlerDeps['newId'] &
    LogStreamHandlerDeps['newId'] &
    TrustedIssuerHandlerDeps['newId'] &
    ActionBindingHandlerDeps['newId']
}

const prefix = '/api/v2'
const defaultHeartbeatMs = 15_000

export function registerManagement(app: FastifyInstance, deps: ManagementDeps): void {
  const { proveOperator, isStillGranted } = createAccess({ ...deps, takeTurn: takeTurnOf(deps) })
  const handlers = createHandlers(deps, isStillGranted)
  app.register(async (api) => {
    neverStore(api)
    readJson(api)
    recordRefusedChanges(api, deps)
    const inTurn = createTurns()
    const answerOnce = createAnswerOnce({ ...deps, recordChange: createRecordChange(deps) })
    for (const name of operationNames) {
      const bind = { proveOperator, handlers, changes: deps.changes, answerOnce, inTurn }
      bindOperation(api, prefix + operations[name].path, name, bind)
    }
    refuseWhatIsNotOffered(api, prefix, proveOperator)
    // A follower never leaves on its own, and closing waits for every answer to end.
    api.addHook('preClose', async () => deps.tail.close())
  })
}

/** Only a proven client takes from its bucket, and is told what is left; strangers are told nothing. */
function takeTurnOf({ rateLimit, now }: ManagementDeps): AccessDeps['takeTurn'] {
  const limiter = createRateLimiter(rateLimit, now)
  return (request, reply, clientId) => {
    if (limiter.take(`${request.tenant.id} ${clientId}`, reply)) return
    throw new ManagementError('too_many_requests', 'Global limit has been reached')
  }
}

function createHandlers(deps: ManagementDeps, isStillGranted: IsStillGranted): Handlers {
  const withRecord = {
    ...deps,
    isStillGranted,
    heartbeatMs: deps.heartbeatMs ?? defaultHeartbeatMs,
    recordChange: createRecordChange(deps),
    keepOneAdministrator: createKeepOneAdministrator(deps),
    keysInTurn: createTurns(),
  }
  return {
    ...createClientHandlers(withRecord),
    ...createClientSecretHandlers(withRecord),
    ...createRotateClientSecret(withRecord),
    ...createClientCredentialHandlers(withRecord),
    ...createResourceServerHandlers(withRecord),
    ...createClientGrantHandlers(withRecord),
    ...createPipelineHandlers(withRecord),
    ...createHookHandlers(withRecord),
    ...createHookSecretHandlers(withRecord),
    ...createActionHandlers(withRecord),
    ...createActionVersionHandlers(withRecord),
    ...createActionBindingHandlers(withRecord),
    ...createActionExecutionHandlers(withRecord),
    ...createLogHandlers(withRecord),
    ...createLogTailHandlers(withRecord),
    ...createLogStreamHandlers(withRecord),
    ...createStatsHandlers(withRecord),
    ...createSigningKeyHandlers(withRecord),
    ...createRevocationHandlers(withRecord),
    ...createTenantSettingsHandlers(withRecord),
    ...createTenantHandlers(withRecord),
    ...createTrustedIssuerHandlers(withRecord),
    ...createWarningHandlers(withRecord),
  }
}
