/**
 * A valid request for every operation of the contract. A new operation needs an entry here, or `every-operation.test.ts`
 * fails with its name: `params` for the ids in its path, made in whatever tenant `make` makes things in, `body` for what
 * it takes, and for a GET by query that cannot be empty, `query`. What a path or body can name that `make` does not make
 * yet is added in `make.ts`, both in `makeIn` and in `nothing`.
 */
import { randomUUID } from 'node:crypto'
import type { OperationName } from '@tallystick/management-api/contract'
import {
  type Make,
  newAction,
  newCredential,
  newHook,
  newLogStream,
  newTenant,
  newTrustedIssuer,
} from './make.ts'

export interface Sample {
  /** By the names in the path. */
  readonly params?: (make: Make) => Promise<Record<string, string>>
  readonly body?: (make: Make, params: Record<string, string>) => unknown
  /** With its `?`. */
  readonly query?: string
  /** Only the operators of the default tenant may do it at all. */
  readonly ofHost?: true
  /** The ids in its path are the same in every tenant. */
  readonly ofEveryTenant?: true
  /** What its path names is the same in every tenant. */
  readonly ofAll?: true
  /** What is not there is removed already: 204, also for what is another tenant's. */
  readonly whenAbsent?: 204
}

const client = async (make: Make) => ({ id: await make.client() })
const credential = async (make: Make) => {
  const id = await make.client()
  return { id, credentialId: await make.credential(id) }
}
const secret = async (make: Make) => {
  const id = await make.client()
  return { id, secretId: await make.secret(id) }
}
const api = async (make: Make) => ({ id: await make.api() })
const grant = async (make: Make) => ({ id: await make.grant() })
const rule = async (make: Make) => ({ id: (await make.rule()).id })
const ruleVersion = (make: Make) => make.rule()
const action = async (make: Make) => ({ id: (await make.action()).id })
const actionVersion = (make: Make) => make.action()
const hook = async (make: Make) => ({ id: await make.hook() })
const stream = async (make: Make) => ({ id: await make.logStream() })
const key = async (make: Make) => ({ kid: await make.previousKey() })
const trustedIssuer = async (make: Make) => ({ id: await make.trustedIssuer() })
const tenant = async (make: Make) => ({ id: await make.tenant() })

export const samples: { readonly [Name in OperationName]: Sample } = {
  listClients: {},
  createClient: { body: () => ({ name: 'new' }) },
  getClient: { params: client },
  updateClient: { params: client, body: () => ({ name: 'renamed' }) },
  deleteClient: { params: client, whenAbsent: 204 },
  rotateClientSecret: { params: client, body: () => ({ overlap_seconds: 60 }) },

  listClientSecrets: { params: client },
  createClientSecret: { params: client, body: () => ({ name: 'next' }) },
  getClientSecret: { params: secret },
  updateClientSecret: { params: secret, body: () => ({ name: 'renamed' }) },
  deleteClientSecret: { params: secret },

  listClientCredentials: { params: client },
  createClientCredential: { params: client, body: newCredential },
  getClientCredential: { params: credential },
  updateClientCredential: { params: credential, body: () => ({ expires_at: '2099-01-01T00:00:00Z' }) },
  deleteClientCredential: { params: credential },

  listResourceServers: {},
  createResourceServer: { body: () => ({ identifier: `urn:${randomUUID()}` }) },
  getResourceServer: { params: api },
  updateResourceServer: { params: api, body: () => ({ token_lifetime: 60 }) },
  deleteResourceServer: { params: api, whenAbsent: 204 },

  listClientGrants: {},
  createClientGrant: {
    body: async (make) => ({
      client_id: await make.client(),
      audience: await make.audience(),
      scope: ['read'],
    }),
  },
  getClientGrant: { params: grant },
  updateClientGrant: { params: grant, body: () => ({ scope: [] }) },
  deleteClientGrant: { params: grant, whenAbsent: 204 },

  getPipeline: {},
  orderPipeline: {
    body: async (make) => {
      const { rules } = await make.send('GET', '/pipeline')
      return { order: Array.isArray(rules) ? rules.map(({ id }) => id) : [] }
    },
  },
  listRules: {},
  createRule: { body: () => ({ name: randomUUID(), code: '1' }) },
  getRule: { params: rule },
  updateRule: { params: rule, body: () => ({ enabled: false }) },
  deleteRule: { params: rule },
  listRuleVersions: { params: rule },
  getRuleVersion: { params: ruleVersion },

  listActions: {},
  createAction: { body: newAction },
  getAction: { params: action },
  updateAction: { params: action, body: () => ({ code: '2' }) },
  deleteAction: { params: action },
  deployAction: { params: action },
  testAction: { params: action, body: () => ({ payload: { event: {} } }) },
  listActionVersions: { params: action },
  getActionVersion: { params: actionVersion },
  deployActionVersion: { params: actionVersion, body: () => ({ update_draft: true }) },
  getActionExecution: { params: async (make) => ({ id: await make.execution() }) },
  listActionModules: {},
  listActionTriggers: {},
  listActionBindings: { ofEveryTenant: true, params: async (make) => ({ triggerId: await make.trigger() }) },
  bindActions: {
    ofAll: true,
    ofEveryTenant: true,
    params: async (make) => ({ triggerId: await make.trigger() }),
    body: () => ({ bindings: [] }),
  },

  listHooks: {},
  createHook: { body: newHook },
  getHook: { params: hook },
  updateHook: { params: hook, body: () => ({ enabled: true }) },
  deleteHook: { params: hook, whenAbsent: 204 },
  getHookSecrets: { params: hook },
  addHookSecrets: { params: hook, body: () => ({ ADDED: 'value' }) },
  changeHookSecrets: { params: hook, body: () => ({ KEY: 'value' }) },
  removeHookSecrets: { params: hook, body: () => ['KEY'] },

  listLogEntries: {},
  getLogEntry: { params: async (make) => ({ id: await make.logEntry() }) },
  followLog: {},

  listLogStreams: {},
  createLogStream: { body: newLogStream },
  getLogStream: { params: stream },
  updateLogStream: { params: stream, body: () => ({ status: 'paused' }) },
  deleteLogStream: { params: stream },
  rotateLogStreamSecret: { params: stream },
  getLogStreamDelivery: { params: stream },

  getDailyStats: {},
  countActiveClients: {},
  listTokenCounts: {},

  listSigningKeys: {},
  getSigningKey: { params: key },
  rotateSigningKeys: { query: '?alg=RS256' },
  revokeSigningKey: { params: key },

  listRevocations: {},
  createRevocation: { body: async (make) => ({ client_id: await make.client() }) },

  getTenantSettings: {},
  updateTenantSettings: { body: () => ({ egress: { allow: ['example.com'] } }) },

  listWarnings: {},
  listTrustedIssuers: {},
  createTrustedIssuer: { body: async (make) => newTrustedIssuer(await make.client()) },
  explainToken: { body: () => ({ token: 'eyJ.eyJ.eyJ' }) },
  getTrustedIssuer: { params: trustedIssuer },
  updateTrustedIssuer: { params: trustedIssuer, body: () => ({ token_reuse: 'until_expiry' }) },
  deleteTrustedIssuer: { params: trustedIssuer },

  listTenants: { ofHost: true },
  createTenant: { ofHost: true, body: () => newTenant(`t-${randomUUID()}`) },
  getTenant: { ofHost: true, params: tenant },
  deleteTenant: { ofHost: true, params: tenant },
}
