/**
 * A connection to the management API: one typed function per operation.
 *
 * ```ts
 * const connection = connect({ url: 'http://localhost:8420', token })
 * const { client_id, client_secret } = await connection.clients.create({ name: 'billing' })
 * await connection.clientGrants.create({ client_id, audience: 'https://api.example.com/', scope: ['read'] })
 * for await (const event of connection.logs.follow()) console.log(event)
 * ```
 *
 * A refusal is a `ManagementApiError`; when there is no answer at all, what `fetch` throws comes through.
 */
import { actionBindingCalls, actionCalls, actionVersionCalls } from './connection/action-calls.ts'
import { type Call, type ConnectionOptions, createCall } from './connection/call.ts'
import { type FollowOptions, followLog } from './connection/follow-log.ts'
import { hookCalls, hookSecretCalls } from './connection/hook-calls.ts'
import type { ClientCredentialChange, ClientCredentialToCreate } from './contract/client-credentials.ts'
import type { ClientGrantChange, ClientGrantsQuery, ClientGrantToCreate } from './contract/client-grants.ts'
import type { ClientSecretChange, ClientSecretToCreate, SecretRotation } from './contract/client-secrets.ts'
import type { ClientChange, ClientsQuery, ClientToCreate } from './contract/clients.ts'
import type { LogStreamChange, LogStreamToCreate } from './contract/log-streams.ts'
import type { LogsQuery } from './contract/logs.ts'
import type { RuleChange, RuleToCreate } from './contract/pipeline.ts'
import type {
  ResourceServerChange,
  ResourceServersQuery,
  ResourceServerToCreate,
} from './contract/resource-servers.ts'
import type { RevocationsQuery, RevocationToCreate } from './contract/revocations.ts'
import type { RevocationQuery, RotationQuery } from './contract/signing-keys.ts'
import type { TokenCountsQuery } from './contract/stats.ts'
import type { TenantSettingsChange } from './contract/tenant-settings.ts'
import type { TenantToCreate } from './contract/tenants.ts'
import type {
  TokenToExplain,
  TrustedIssuerChange,
  TrustedIssuerToCreate,
} from './contract/trusted-issuers.ts'

export { ManagementApiError } from './connection/error.ts'

export type ConnectOptions = {
  /** The origin of the server, such as `http://localhost:8420`. */
  url: string
  fetch?: typeof globalThis.fetch
} & ({ token: string } | Pick<ConnectionOptions, 'getToken'>)

export type Connection = ReturnType<typeof connect>

export function connect(options: ConnectOptions) {
  const connection: ConnectionOptions = {
    url: options.url,
    getToken: 'token' in options ? () => options.token : options.getToken,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  }
  const call = createCall(connection)
  return {
    clients: clientCalls(call),
    clientSecrets: clientSecretCalls(call),
    clientCredentials: clientCredentialCalls(call),
    resourceServers: resourceServerCalls(call),
    clientGrants: clientGrantCalls(call),
    pipeline: pipelineCalls(call),
    rules: ruleCalls(call),
    hooks: hookCalls(call),
    hookSecrets: hookSecretCalls(call),
    actions: actionCalls(call),
    actionVersions: actionVersionCalls(call),
    actionBindings: actionBindingCalls(call),
    logs: logCalls(call, connection),
    logStreams: logStreamCalls(call),
    stats: statsCalls(call),
    signingKeys: signingKeyCalls(call),
    revocations: revocationCalls(call),
    tenantSettings: tenantSettingsCalls(call),
    tenants: tenantCalls(call),
    trustedIssuers: trustedIssuerCalls(call),
  }
}

function clientCalls(call: Call) {
  return {
    list: async (query: Omit<ClientsQuery, 'include_totals'> = {}) =>
      pageOf(await call('GET', '/clients', { query: { ...query, include_totals: true } })),
    /** The only answer beside `rotateSecret` that shows the secret, unless the client proves itself in another way. */
    create: (body: ClientToCreate) => call('POST', '/clients', { body }),
    get: (id: string) => call('GET', '/clients/:id', { params: { id } }),
    update: (id: string, body: ClientChange) => call('PATCH', '/clients/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/clients/:id', { params: { id } }),
    /** Ends the old secret at once, or after `overlap_seconds`. */
    rotateSecret: (id: string, body: SecretRotation = {}) =>
      call('POST', '/clients/:id/rotate-secret', { params: { id }, body }),
  }
}

/** Secrets of the client `id`, of which two are live at most. */
function clientSecretCalls(call: Call) {
  const path = '/clients/:id/secrets/:secretId'
  return {
    list: (id: string) => call('GET', '/clients/:id/secrets', { params: { id } }),
    /** The only answer that shows it. */
    create: (id: string, body: ClientSecretToCreate = {}) =>
      call('POST', '/clients/:id/secrets', { params: { id }, body }),
    get: (id: string, secretId: string) => call('GET', path, { params: { id, secretId } }),
    update: (id: string, secretId: string, body: ClientSecretChange) =>
      call('PATCH', path, { params: { id, secretId }, body }),
    /** Ends it at once. */
    delete: (id: string, secretId: string) => call('DELETE', path, { params: { id, secretId } }),
  }
}

/** Public keys of the client `id`; they count once its `client_authentication_methods` name them. */
function clientCredentialCalls(call: Call) {
  const path = '/clients/:id/credentials/:credentialId'
  return {
    list: (id: string) => call('GET', '/clients/:id/credentials', { params: { id } }),
    create: (id: string, body: ClientCredentialToCreate) =>
      call('POST', '/clients/:id/credentials', { params: { id }, body }),
    get: (id: string, credentialId: string) => call('GET', path, { params: { id, credentialId } }),
    update: (id: string, credentialId: string, body: ClientCredentialChange) =>
      call('PATCH', path, { params: { id, credentialId }, body }),
    delete: (id: string, credentialId: string) => call('DELETE', path, { params: { id, credentialId } }),
  }
}

/** `id` is the id or the identifier. */
function resourceServerCalls(call: Call) {
  return {
    list: async (query: Omit<ResourceServersQuery, 'include_totals'> = {}) =>
      pageOf(await call('GET', '/resource-servers', { query: { ...query, include_totals: true } })),
    create: (body: ResourceServerToCreate) => call('POST', '/resource-servers', { body }),
    get: (id: string) => call('GET', '/resource-servers/:id', { params: { id } }),
    update: (id: string, body: ResourceServerChange) =>
      call('PATCH', '/resource-servers/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/resource-servers/:id', { params: { id } }),
  }
}

function clientGrantCalls(call: Call) {
  return {
    list: async (query: Omit<ClientGrantsQuery, 'include_totals'> = {}) =>
      pageOf(await call('GET', '/client-grants', { query: { ...query, include_totals: true } })),
    create: (body: ClientGrantToCreate) => call('POST', '/client-grants', { body }),
    get: (id: string) => call('GET', '/client-grants/:id', { params: { id } }),
    update: (id: string, body: ClientGrantChange) =>
      call('PATCH', '/client-grants/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/client-grants/:id', { params: { id } }),
  }
}

function pipelineCalls(call: Call) {
  return {
    get: () => call('GET', '/pipeline'),
    /** All rules of the pipeline, first to last. */
    order: (ids: string[]) => call('PATCH', '/pipeline', { body: { order: ids } }),
  }
}

function signingKeyCalls(call: Call) {
  return {
    list: () => call('GET', '/keys/signing'),
    get: (kid: string) => call('GET', '/keys/signing/:kid', { params: { kid } }),
    /** The next keys begin to sign, at `current_since` of the answer: of one algorithm, or of all. */
    rotate: (query: RotationQuery = {}) => call('POST', '/keys/signing/rotate', { query }),
    /** Of a previous key, or with `emergency` of any: its tokens count no more. */
    revoke: (kid: string, query: RevocationQuery = {}) =>
      call('PUT', '/keys/signing/:kid/revoke', { params: { kid }, query }),
  }
}

/** Tokens that count no more before they expire. */
function revocationCalls(call: Call) {
  return {
    list: async (query: Omit<RevocationsQuery, 'include_totals'> = {}) =>
      pageOf(await call('GET', '/revocations', { query: { ...query, include_totals: true } })),
    /** Exactly one of `jti`, `client_id` and `rule_version_id`. */
    create: (body: RevocationToCreate) => call('POST', '/revocations', { body }),
  }
}

function tenantSettingsCalls(call: Call) {
  return {
    get: () => call('GET', '/tenants/settings'),
    update: (body: TenantSettingsChange) => call('PATCH', '/tenants/settings', { body }),
  }
}

/** With a token of the default tenant alone; a tenant's id is its name. */
function tenantCalls(call: Call) {
  return {
    list: async (query: { page?: number; per_page?: number } = {}) =>
      pageOf(await call('GET', '/tenants', { query: { ...query, include_totals: true } })),
    /** The only answer that shows the credentials of the new tenant. */
    create: (body: TenantToCreate) => call('POST', '/tenants', { body }),
    get: (id: string) => call('GET', '/tenants/:id', { params: { id } }),
    /** Ends the tenant and removes everything in it. */
    delete: (id: string) => call('DELETE', '/tenants/:id', { params: { id } }),
  }
}

/** Other token services, whose tokens prove clients. */
function trustedIssuerCalls(call: Call) {
  return {
    list: () => call('GET', '/trusted-issuers'),
    create: (body: TrustedIssuerToCreate) => call('POST', '/trusted-issuers', { body }),
    get: (id: string) => call('GET', '/trusted-issuers/:id', { params: { id } }),
    update: (id: string, body: TrustedIssuerChange) =>
      call('PATCH', '/trusted-issuers/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/trusted-issuers/:id', { params: { id } }),
    /** Which client the token would be; it is not used up. */
    explain: (body: TokenToExplain) => call('POST', '/trusted-issuers/explain', { body }),
  }
}

function ruleCalls(call: Call) {
  return {
    list: () => call('GET', '/pipeline/rules'),
    create: (body: RuleToCreate) => call('POST', '/pipeline/rules', { body }),
    get: (id: string) => call('GET', '/pipeline/rules/:id', { params: { id } }),
    /** New code or secrets make a new version, which the next token request runs. */
    update: (id: string, body: RuleChange) => call('PATCH', '/pipeline/rules/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/pipeline/rules/:id', { params: { id } }),
    /** Newest first. */
    versions: (id: string) => call('GET', '/pipeline/rules/:id/versions', { params: { id } }),
    version: (id: string, versionId: string) =>
      call('GET', '/pipeline/rules/:id/versions/:versionId', { params: { id, versionId } }),
  }
}

function logCalls(call: Call, connection: ConnectionOptions) {
  return {
    /** Newest first unless `sort` says otherwise. */
    list: async (query: Omit<LogsQuery, 'include_totals' | 'from' | 'take'> = {}) =>
      pageOf(await call('GET', '/logs', { query: { ...query, include_totals: true } })),
    /** Up to `take` entries after the entry `from`, oldest first; from the oldest of all without `from`. */
    listAfter: async (query: Pick<LogsQuery, 'from' | 'take'>) =>
      arrayOf(await call('GET', '/logs', { query: { take: 100, ...query } })),
    get: (id: string) => call('GET', '/logs/:id', { params: { id } }),
    /** Live, until the iteration is left or `signal` ends it; reconnects by itself. */
    follow: (options?: FollowOptions) => followLog(connection, options),
  }
}

function logStreamCalls(call: Call) {
  return {
    list: () => call('GET', '/log-streams'),
    /** The only answer beside `rotateSecret` that shows the signing secret. */
    create: (body: LogStreamToCreate) => call('POST', '/log-streams', { body }),
    get: (id: string) => call('GET', '/log-streams/:id', { params: { id } }),
    update: (id: string, body: LogStreamChange) =>
      call('PATCH', '/log-streams/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/log-streams/:id', { params: { id } }),
    rotateSecret: (id: string) => call('POST', '/log-streams/:id/rotate-secret', { params: { id } }),
    delivery: (id: string) => call('GET', '/log-streams/:id/delivery', { params: { id } }),
  }
}

function statsCalls(call: Call) {
  return {
    daily: (query: Pick<TokenCountsQuery, 'from' | 'to'> = {}) => call('GET', '/stats/daily', { query }),
    activeClients: () => call('GET', '/stats/active-users'),
    tokens: (query: TokenCountsQuery = {}) => call('GET', '/stats/tokens', { query }),
  }
}

// A list is asked for in one of two shapes; these say which one was asked for.
function pageOf<Answer>(answer: Answer): Extract<Answer, { total: number }> {
  if (Array.isArray(answer)) throw new TypeError('The server did not tell the totals it was asked for.')
  return answer as Extract<Answer, { total: number }>
}

function arrayOf<Answer>(answer: Answer): Extract<Answer, readonly unknown[]> {
  if (!Array.isArray(answer)) throw new TypeError('The server did not answer with a list.')
  return answer as Extract<Answer, readonly unknown[]>
}
