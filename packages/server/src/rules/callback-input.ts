/**
 * What a callback rule is called with, from what the exchange knows. Nothing in it would let a rule speak for
 * the client: no secret, no assertion, no Authorization header.
 */
import type { Client } from '../domain/client.ts'
import type { Audience, Scope } from '../domain/resource-server.ts'
import type { WebtaskDetails } from '../domain/rule.ts'
import type { TenantName } from '../domain/tenant.ts'
import type { CallbackInput } from './callback-model.ts'

/** The part of a token request that rules may see; the token room has taken the credentials out of it. */
export interface RuleRequest {
  readonly ip: string
  readonly userAgent: string
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
}

export interface CallbackCall {
  readonly tenantName: TenantName
  readonly client: Client
  readonly audience: Audience
  readonly scopes: readonly Scope[]
  readonly request: RuleRequest
  readonly secrets: Readonly<Record<string, string>>
  readonly webtask: WebtaskDetails | undefined
}

export function callbackInput(call: CallbackCall): CallbackInput {
  const { client, request, secrets } = call
  const meta = call.webtask?.meta ?? {}
  const params = call.webtask?.params ?? {}
  const merged = { ...request.query, ...params, ...secrets }
  return {
    client: { tenant: call.tenantName, id: client.id, name: client.name, metadata: client.metadata },
    scope: call.scopes,
    audience: call.audience,
    context: {
      ip: request.ip,
      userAgent: request.userAgent,
      webtask: {
        secrets,
        meta,
        params,
        query: request.query,
        // With `mb` the body fills only the names that query, params and secrets leave free.
        data: call.webtask?.mergeBody ? { ...request.body, ...merged } : merged,
        body: request.body,
        headers: request.headers,
      },
    },
  }
}
