/**
 * The management API under `/api/v2`: the contract's table of operations, each bound to its handler here.
 * What each one takes and gives, and which scope it asks for, stands in that table.
 */
import { operationNames, operations } from '@tallystick/management-api/contract'
import type { FastifyInstance } from 'fastify'
import type { ClientStore } from '../../domain/client.ts'
import type { ClientGrantStore } from '../../domain/client-grant.ts'
import type { LogEntryStore } from '../../domain/log-entry.ts'
import type { ResourceServerStore } from '../../domain/resource-server.ts'
import type { RuleStore } from '../../domain/rule.ts'
import type { TenantStore } from '../../domain/tenant.ts'
import type { SecretText } from '../../keys/secret-text.ts'
import type { Tail } from '../../logs/tail.ts'
import type { PublishRule } from '../../rules/publish-rule.ts'
import { neverStore } from '../never-store.ts'
import { createRecordChange, type RecordChangeDeps, recordRefusedChanges } from '../record-change.ts'
import { type AccessDeps, createAccess, type IsStillGranted } from './access.ts'
import { bindOperation } from './bind-operation.ts'
import { type ClientGrantHandlerDeps, createClientGrantHandlers } from './client-grants.ts'
import { type ClientHandlerDeps, createClientHandlers } from './clients.ts'
import type { Handlers } from './handler.ts'
import { createKeepOneAdministrator } from './last-administrator.ts'
import { createLogTailHandlers } from './log-tail.ts'
import { createLogHandlers } from './logs.ts'
import { refuseWhatIsNotOffered } from './not-offered.ts'
import { createPipelineHandlers } from './pipeline.ts'
import { createResourceServerHandlers, type ResourceServerHandlerDeps } from './resource-servers.ts'
import { createTenantSettingsHandlers } from './tenant-settings.ts'

export interface ManagementDeps extends RecordChangeDeps {
  readonly tenants: Pick<TenantStore, 'find' | 'update'>
  readonly clients: ClientStore
  readonly resourceServers: ResourceServerStore
  readonly clientGrants: ClientGrantStore
  readonly rules: RuleStore
  readonly logEntries: LogEntryStore
  readonly tail: Tail
  /** Followers of the log hear from us, and are proven again, that often. */
  readonly heartbeatMs?: number
  readonly publishRule: PublishRule
  readonly verifyToken: AccessDeps['verifyToken']
  readonly createClientSecret: () => SecretText
  readonly hashSecret: (secret: SecretText) => Uint8Array
  readonly newId: ClientHandlerDeps['newId'] &
    ResourceServerHandlerDeps['newId'] &
    ClientGrantHandlerDeps['newId']
}

const prefix = '/api/v2'
const defaultHeartbeatMs = 15_000

export function registerManagement(app: FastifyInstance, deps: ManagementDeps): void {
  const { proveOperator, isStillGranted } = createAccess(deps)
  const handlers = createHandlers(deps, isStillGranted)
  app.register(async (api) => {
    neverStore(api)
    recordRefusedChanges(api, deps)
    for (const name of operationNames) {
      bindOperation(api, prefix + operations[name].path, name, { proveOperator, handlers })
    }
    refuseWhatIsNotOffered(api, prefix, proveOperator)
    // A follower never leaves by itself, and closing waits for every answer to end.
    api.addHook('preClose', async () => deps.tail.close())
  })
}

function createHandlers(deps: ManagementDeps, isStillGranted: IsStillGranted): Handlers {
  const withRecord = {
    ...deps,
    isStillGranted,
    heartbeatMs: deps.heartbeatMs ?? defaultHeartbeatMs,
    recordChange: createRecordChange(deps),
    keepOneAdministrator: createKeepOneAdministrator(deps),
  }
  return {
    ...createClientHandlers(withRecord),
    ...createResourceServerHandlers(withRecord),
    ...createClientGrantHandlers(withRecord),
    ...createPipelineHandlers(withRecord),
    ...createLogHandlers(withRecord),
    ...createLogTailHandlers(withRecord),
    ...createTenantSettingsHandlers(withRecord),
  }
}
