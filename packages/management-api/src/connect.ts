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
import { type AccessToken, type ConnectionOptions, createCall } from './connection/call.ts'
import { clientCalls, clientCredentialCalls, clientSecretCalls } from './connection/client-calls.ts'
import { clientGrantCalls } from './connection/client-grant-calls.ts'
import { hookCalls, hookSecretCalls } from './connection/hook-calls.ts'
import { logCalls, logStreamCalls } from './connection/log-calls.ts'
import { pipelineCalls, ruleCalls } from './connection/pipeline-calls.ts'
import { resourceServerCalls } from './connection/resource-server-calls.ts'
import { revocationCalls } from './connection/revocation-calls.ts'
import { signingKeyCalls } from './connection/signing-key-calls.ts'
import { statsCalls } from './connection/stats-calls.ts'
import { tenantCalls, tenantSettingsCalls } from './connection/tenant-calls.ts'
import { trustedIssuerCalls } from './connection/trusted-issuer-calls.ts'
import { warningCalls } from './connection/warning-calls.ts'

export { ManagementApiError } from './connection/error.ts'

export type ConnectOptions = {
  /** The origin of the server, such as `http://localhost:8420`. */
  url: string
  fetch?: typeof globalThis.fetch
} & ({ token: AccessToken } | Pick<ConnectionOptions, 'getToken'>)

export type Connection = ReturnType<typeof connect>

export function connect(options: ConnectOptions) {
  const connection: ConnectionOptions = {
    url: options.url,
    getToken: 'token' in options ? () => options.token : options.getToken,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    nonce: { newest: undefined },
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
    warnings: warningCalls(call),
  }
}
