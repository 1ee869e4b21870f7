/**
 * The management API in one table: each operation with its method, its path under `/api/v2`, the scopes of
 * which a token must hold one, and what goes in and comes out. The server registers its routes from it,
 * tests are generated from it, and nothing else says which scope opens which door.
 */
import { type TSchema, Type } from 'typebox'
import * as grants from './contract/client-grants.ts'
import * as clients from './contract/clients.ts'
import { tailEvent } from './contract/log-tail.ts'
import * as logs from './contract/logs.ts'
import * as pipelines from './contract/pipeline.ts'
import * as apis from './contract/resource-servers.ts'
import * as settings from './contract/tenant-settings.ts'

export interface Operation {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Under `/api/v2`; `:name` is a parameter. */
  readonly path: string
  /** One of them is enough. */
  readonly scopes: readonly [string, ...string[]]
  readonly query?: TSchema
  readonly body?: TSchema
  readonly status: 200 | 201 | 204
  /** Absent when the answer has no body. */
  readonly response?: TSchema
  /** Each event's data is one `response`. */
  readonly eventStream?: true
}

export const operations = {
  listClients: {
    method: 'GET',
    path: '/clients',
    scopes: ['read:clients'],
    query: clients.clientsQuery,
    status: 200,
    response: Type.Union([clients.clientList, clients.clientPage]),
  },
  createClient: {
    method: 'POST',
    path: '/clients',
    scopes: ['create:clients'],
    body: clients.clientToCreate,
    status: 201,
    response: clients.clientWithSecret,
  },
  getClient: {
    method: 'GET',
    path: '/clients/:id',
    scopes: ['read:clients'],
    status: 200,
    response: clients.client,
  },
  updateClient: {
    method: 'PATCH',
    path: '/clients/:id',
    scopes: ['update:clients'],
    body: clients.clientChange,
    status: 200,
    response: clients.client,
  },
  deleteClient: { method: 'DELETE', path: '/clients/:id', scopes: ['delete:clients'], status: 204 },
  rotateClientSecret: {
    method: 'POST',
    path: '/clients/:id/rotate-secret',
    scopes: ['update:client_keys'],
    status: 200,
    response: clients.clientWithSecret,
  },

  listResourceServers: {
    method: 'GET',
    path: '/resource-servers',
    scopes: ['read:resource_servers'],
    query: apis.resourceServersQuery,
    status: 200,
    response: Type.Union([apis.resourceServerList, apis.resourceServerPage]),
  },
  createResourceServer: {
    method: 'POST',
    path: '/resource-servers',
    scopes: ['create:resource_servers'],
    body: apis.resourceServerToCreate,
    status: 201,
    response: apis.resourceServer,
  },
  getResourceServer: {
    method: 'GET',
    path: '/resource-servers/:id',
    scopes: ['read:resource_servers'],
    status: 200,
    response: apis.resourceServer,
  },
  updateResourceServer: {
    method: 'PATCH',
    path: '/resource-servers/:id',
    scopes: ['update:resource_servers'],
    body: apis.resourceServerChange,
    status: 200,
    response: apis.resourceServer,
  },
  deleteResourceServer: {
    method: 'DELETE',
    path: '/resource-servers/:id',
    scopes: ['delete:resource_servers'],
    status: 204,
  },

  listClientGrants: {
    method: 'GET',
    path: '/client-grants',
    scopes: ['read:client_grants'],
    query: grants.clientGrantsQuery,
    status: 200,
    response: Type.Union([grants.clientGrantList, grants.clientGrantPage]),
  },
  createClientGrant: {
    method: 'POST',
    path: '/client-grants',
    scopes: ['create:client_grants'],
    body: grants.clientGrantToCreate,
    status: 201,
    response: grants.clientGrant,
  },
  getClientGrant: {
    method: 'GET',
    path: '/client-grants/:id',
    scopes: ['read:client_grants'],
    status: 200,
    response: grants.clientGrant,
  },
  updateClientGrant: {
    method: 'PATCH',
    path: '/client-grants/:id',
    scopes: ['update:client_grants'],
    body: grants.clientGrantChange,
    status: 200,
    response: grants.clientGrant,
  },
  deleteClientGrant: {
    method: 'DELETE',
    path: '/client-grants/:id',
    scopes: ['delete:client_grants'],
    status: 204,
  },

  getPipeline: {
    method: 'GET',
    path: '/pipeline',
    scopes: ['read:pipeline_rules'],
    status: 200,
    response: pipelines.pipeline,
  },
  orderPipeline: {
    method: 'PATCH',
    path: '/pipeline',
    scopes: ['update:pipeline_rules'],
    body: pipelines.pipelineOrder,
    status: 200,
    response: pipelines.pipeline,
  },
  listRules: {
    method: 'GET',
    path: '/pipeline/rules',
    scopes: ['read:pipeline_rules'],
    status: 200,
    response: pipelines.ruleList,
  },
  createRule: {
    method: 'POST',
    path: '/pipeline/rules',
    scopes: ['create:pipeline_rules'],
    body: pipelines.ruleToCreate,
    status: 201,
    response: pipelines.ruleWithCode,
  },
  getRule: {
    method: 'GET',
    path: '/pipeline/rules/:id',
    scopes: ['read:pipeline_rules'],
    status: 200,
    response: pipelines.ruleWithCode,
  },
  updateRule: {
    method: 'PATCH',
    path: '/pipeline/rules/:id',
    scopes: ['update:pipeline_rules'],
    body: pipelines.ruleChange,
    status: 200,
    response: pipelines.ruleWithCode,
  },
  deleteRule: {
    method: 'DELETE',
    path: '/pipeline/rules/:id',
    scopes: ['delete:pipeline_rules'],
    status: 204,
  },
  listRuleVersions: {
    method: 'GET',
    path: '/pipeline/rules/:id/versions',
    scopes: ['read:pipeline_rules'],
    status: 200,
    response: pipelines.ruleVersionList,
  },
  getRuleVersion: {
    method: 'GET',
    path: '/pipeline/rules/:id/versions/:versionId',
    scopes: ['read:pipeline_rules'],
    status: 200,
    response: pipelines.ruleVersionWithCode,
  },

  listLogEntries: {
    method: 'GET',
    path: '/logs',
    scopes: ['read:logs'],
    query: logs.logsQuery,
    status: 200,
    response: Type.Union([logs.logEntryList, logs.logEntryPage]),
  },
  getLogEntry: {
    method: 'GET',
    path: '/logs/:id',
    scopes: ['read:logs'],
    status: 200,
    response: logs.logEntry,
  },
  followLog: {
    method: 'GET',
    path: '/log-tail',
    scopes: ['read:logs'],
    status: 200,
    response: tailEvent,
    eventStream: true,
  },

  getTenantSettings: {
    method: 'GET',
    path: '/tenants/settings',
    scopes: ['read:tenant_settings'],
    status: 200,
    response: settings.tenantSettings,
  },
  updateTenantSettings: {
    method: 'PATCH',
    path: '/tenants/settings',
    scopes: ['update:tenant_settings'],
    body: settings.tenantSettingsChange,
    status: 200,
    response: settings.tenantSettings,
  },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof operations

export const operationNames = Object.keys(operations) as OperationName[]

/** Every scope of the management API, sorted: what its resource server offers. */
export const managementScopes: readonly string[] = [
  ...new Set(Object.values<Operation>(operations).flatMap((operation) => operation.scopes)),
].sort()
