import type { Audience } from './resource-server.ts'
import type { Tenant } from './tenant.ts'

/** The names under which a tenant is known to clients. */
export interface Issuer {
  /** Scheme, host and port. */
  readonly origin: string
  /** The `iss` claim: the origin and a final slash. */
  readonly issuer: string
  /** The audience of the management API. */
  readonly managementAudience: Audience
}

/** `defaultOrigin` is the server's setting; it names the default tenant, and no Host header ever does. */
export function issuerOf(tenant: Tenant, defaultOrigin: string): Issuer {
  const origin = tenant.origin ?? defaultOrigin
  return { origin, issuer: `${origin}/`, managementAudience: `${origin}/api/v2/` as Audience }
}
