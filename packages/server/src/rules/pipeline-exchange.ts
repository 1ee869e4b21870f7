import type { Client } from '../domain/client.ts'
import type { LogEntryId } from '../domain/log-entry.ts'
import type { Audience, ResourceServer, Scope } from '../domain/resource-server.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { RuleRequest } from './callback-input.ts'

/** One token request at the point where its rules run. */
export interface PipelineExchange {
  readonly requestId: LogEntryId
  readonly tenant: Tenant
  readonly client: Client
  readonly audience: Audience
  readonly resourceServer: ResourceServer
  readonly granted: readonly Scope[]
  /** About to be issued: the granted scopes, or those of them that the request names. */
  readonly scopes: readonly Scope[]
  /** As the request names them; empty when it names none. */
  readonly requestedScopes: readonly Scope[]
  readonly request: RuleRequest
  /** 32 random bytes, base64url. */
  readonly seed: string
}
