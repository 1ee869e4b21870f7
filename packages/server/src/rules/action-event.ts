/**
 * The `event` of an Action, from what the exchange knows. Like all that rules see, nothing in it would let an Action
 * speak for the client; and a member whose value is not known is not there.
 */
import type { Client } from '../domain/client.ts'
import type { Audience, Scope } from '../domain/resource-server.ts'
import type { TenantName } from '../domain/tenant.ts'
import type { CacheRecord } from './action-cache.ts'
import type { RuleRequest } from './callback-input.ts'
import type { Claims } from './claims.ts'

export interface ActionCall {
  readonly requestId: string
  readonly tenantName: TenantName
  readonly client: Client
  readonly audience: Audience
  /** About to be issued, and the claims that rules before it set. */
  readonly scopes: readonly Scope[]
  readonly claims: Claims
  readonly requestedScopes: readonly Scope[]
  readonly request: RuleRequest
  readonly secrets: Readonly<Record<string, string>>
}

export interface ActionEvent {
  readonly accessToken: { readonly customClaims: Claims; readonly scope: readonly string[] }
  readonly client: {
    readonly client_id: string
    readonly name: string
    readonly metadata: Readonly<Record<string, string>>
  }
  readonly request: {
    readonly body: Readonly<Record<string, unknown>>
    /** Nothing here knows where an address is. */
    readonly geoip: Readonly<Record<string, never>>
    readonly hostname?: string
    readonly ip: string
    readonly language?: string
    readonly method: string
    readonly user_agent?: string
  }
  readonly resource_server: { readonly identifier: string }
  readonly secrets: Readonly<Record<string, string>>
  readonly tenant: { readonly id: string }
  readonly transaction: {
    readonly correlation_id: string
    readonly requested_scopes: readonly string[]
    readonly target_scopes: readonly string[]
  }
}

/** What the surroundings of an Action take. */
export interface ActionInput {
  readonly event: unknown
  readonly cache: readonly CacheRecord[]
}

export function actionEvent(call: ActionCall): ActionEvent {
  const { client, request } = call
  const hostname = hostnameOf(request.headers.host)
  const language = languageOf(request.headers['accept-language'])
  return {
    accessToken: { customClaims: call.claims, scope: call.scopes },
    client: { client_id: client.id, name: client.name, metadata: client.metadata },
    request: {
      body: request.body,
      geoip: {},
      ip: request.ip,
      method: 'POST',
      ...(hostname && { hostname }),
      ...(language && { language }),
      ...(request.userAgent && { user_agent: request.userAgent }),
    },
    resource_server: { identifier: call.audience },
    secrets: call.secrets,
    tenant: { id: call.tenantName },
    transaction: {
      correlation_id: call.requestId,
      requested_scopes: call.requestedScopes,
      target_scopes: call.scopes,
    },
  }
}

/** Without the port. */
function hostnameOf(host: string | undefined): string | undefined {
  return host === undefined ? undefined : URL.parse(`http://${host}`)?.hostname
}

/** The language that the client prefers, the first it names (RFC 9110 §12.5.4). */
function languageOf(acceptLanguage: string | undefined): string | undefined {
  return /^\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)/.exec(acceptLanguage ?? '')?.[1]
}
